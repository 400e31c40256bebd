package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// screen is what an output is able to show. The zero value is no terminal.
type screen struct {
	width  int // in columns; 0 where it is no terminal
	colour bool
}

// screenOf looks at an output. A terminal that does not know its width has 80 columns.
func screenOf(out io.Writer) screen {
	file, ok := out.(*os.File)
	if !ok {
		return screen{}
	}
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return screen{}
	}
	const usual = 80
	s := screen{width: int(size.Col), colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	if s.width == 0 {
		s.width = usual
	}
	return s
}
