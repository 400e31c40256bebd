package supervisor

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == prisonerArg {
		prisoner(os.Args[2:])
		return
	}
	goleak.VerifyTestMain(m)
}
