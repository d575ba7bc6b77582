package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// header is the signature of PostgreSQL's binary COPY, flags, and the length of no extension.
const header = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// Object ids of the element types of arrays.
const (
	oidUUID   = 2950
	oidFloat8 = 701
)

// copyReader reads rows of one binary COPY; several may follow each other in one stream.
type copyReader struct {
	from *bufio.Reader
	err  error
	cell [32]byte
}

func newCopyReader(from *bufio.Reader) *copyReader {
	r := &copyReader{from: from}
	got := make([]byte, len(header))
	if _, r.err = io.ReadFull(from, got); r.err == nil && string(got) != header {
		r.err = fmt.Errorf("not a binary COPY: %q", got)
	}
	return r
}

// next begins a row; false at the end, or after an error.
func (r *copyReader) next() bool {
	if r.err != nil {
		return false
	}
	if _, r.err = io.ReadFull(r.from, r.cell[:2]); r.err != nil {
		return false
	}
	return int16(binary.BigEndian.Uint16(r.cell[:])) >= 0
}

// field returns the next field, which is valid until the one after it.
func (r *copyReader) field(size int) []byte {
	data := r.cell[:size]
	if r.err != nil {
		return data
	}
	if _, r.err = io.ReadFull(r.from, r.cell[:4]); r.err != nil {
		return data
	}
	if length := int32(binary.BigEndian.Uint32(r.cell[:])); int(length) != size {
		r.err = fmt.Errorf("a field of %d bytes, expected %d", length, size)
		return data
	}
	_, r.err = io.ReadFull(r.from, data)
	return data
}

func (r *copyReader) integer() int32 { return int32(binary.BigEndian.Uint32(r.field(4))) }

func (r *copyReader) flag() bool { return r.integer() != 0 }

func (r *copyReader) float() float64 {
	return math.Float64frombits(binary.BigEndian.Uint64(r.field(8)))
}

func (r *copyReader) uuid() (id [16]byte) {
	copy(id[:], r.field(16))
	return id
}

// copyWriter writes rows of one binary COPY.
type copyWriter struct {
	to   *bufio.Writer
	cell [8]byte
}

func newCopyWriter(to *bufio.Writer) *copyWriter {
	to.WriteString(header)
	return &copyWriter{to: to}
}

func (w *copyWriter) int16(value int) {
	binary.BigEndian.PutUint16(w.cell[:], uint16(value))
	w.to.Write(w.cell[:2])
}

func (w *copyWriter) int32(value int) {
	binary.BigEndian.PutUint32(w.cell[:], uint32(value))
	w.to.Write(w.cell[:4])
}

func (w *copyWriter) uuid(id *[16]byte) {
	w.int32(16)
	w.to.Write(id[:])
}

func (w *copyWriter) float(value float64) {
	w.int32(8)
	binary.BigEndian.PutUint64(w.cell[:], math.Float64bits(value))
	w.to.Write(w.cell[:])
}

// array begins a one-dimensional array whose elements follow.
func (w *copyWriter) array(oid, elements, elementSize int) {
	w.int32(20 + elements*(4+elementSize))
	w.int32(1) // dimensions
	w.int32(0) // has no nulls
	w.int32(oid)
	w.int32(elements)
	w.int32(1) // lower bound
}

// end writes the trailer; errors of all writes appear here.
func (w *copyWriter) end() error {
	w.int16(-1)
	return w.to.Flush()
}
