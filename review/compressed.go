package review

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is what a zstd frame may want of memory.
const maxWindow = 32 << 20

var (
	gzipMagic = []byte{0x1f, 0x8b}             // RFC 1952 section 2.3.1
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd} // RFC 8878 section 3.1.1
)

// stream is what a file has, decompressed.
type stream struct {
	io.Reader
	close func() error
}

func (s stream) Close() error { return s.close() }

// decompress looks at the first bytes of a file. Closing what it gives closes the file.
func decompress(in io.Reader, file io.Closer) (io.ReadCloser, error) {
	buffered := bufio.NewReaderSize(in, 64<<10)
	head, err := buffered.Peek(len(zstdMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, file.Close())
	}
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return stream{z, file.Close}, nil
	case bytes.Equal(head, zstdMagic):
		z, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return stream{z, func() error { z.Close(); return file.Close() }}, nil
	}
	return stream{buffered, file.Close}, nil
}
