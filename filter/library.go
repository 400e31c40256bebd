package filter

import (
	"fmt"

	seccomp "github.com/seccomp/libseccomp-golang"
)

// Library is the version of the libseccomp that is linked in, such as 2.5.4: it compiles filters.
func Library() string {
	major, minor, micro := seccomp.GetLibraryVersion()
	return fmt.Sprintf("%d.%d.%d", major, minor, micro)
}
