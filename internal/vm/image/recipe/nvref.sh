#!/bin/sh
# Runs in the chroot: compiles the C reference program for name/value lists,
# which comes in on standard input, and puts the program on standard output.
set -eu
export LC_ALL=C
mkdir -p /zvm/nvref
cd /zvm/nvref
cat >nvref.c
gcc -O2 -Wall -o nvref nvref.c -I/usr/include/libzfs -I/usr/include/libspl \
	-D_GNU_SOURCE -D_LARGEFILE64_SOURCE -lnvpair >&2
strip nvref
cat nvref
