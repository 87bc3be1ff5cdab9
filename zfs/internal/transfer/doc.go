// Package transfer connects the kernel, which reads and writes streams by descriptor,
// with the readers and writers of Go: pipes, descriptors of files that the kernel can
// use directly, reads that end with a context, and progress reports.
package transfer
