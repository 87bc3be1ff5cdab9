module github.com/purezfs/purezfs

go 1.25.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/spf13/cobra v1.10.2
	github.com/spf13/pflag v1.0.9
	golang.org/x/sys v0.47.0
	golang.org/x/term v0.45.0
)

require github.com/inconshreveable/mousetrap v1.1.0 // indirect
