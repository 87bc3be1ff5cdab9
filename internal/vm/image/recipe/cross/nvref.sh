#!/bin/sh
# Runs in the chroot: compiles the C reference program for name/value lists for
# another machine. It comes in on standard input, and the program goes to standard
# output.
set -eu
export LC_ALL=C
mkdir -p /zvm/nvref
cd /zvm/nvref
cat >nvref.c
"$ZVM_TRIPLET-gcc" -O2 -Wall -o nvref nvref.c -I/usr/include/libzfs -I/usr/include/libspl \
	-D_GNU_SOURCE -D_LARGEFILE64_SOURCE -lnvpair >&2
"$ZVM_TRIPLET-strip" nvref
cat nvref
