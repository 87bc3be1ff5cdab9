#!/bin/sh
# Runs in the chroot: builds the ZFS modules against the kernel's headers.
# Both configure's marker and make's own rules let a second run continue.
set -eu
export LC_ALL=C
# The kernel's own flags ask for debug information, which takes half of the
# compiler's time and is stripped in the end. make reads this variable.
export KCFLAGS=-g0

version=$(cat /zvm/kernel-version)
source=
for dir in /zvm/tree/usr/src/zfs-*; do
	source=$dir
done
headers=/usr/src/linux-headers-$version
common=$(echo "$headers" | sed 's/-cloud-amd64$/-common/')
[ -d "$common" ] || common=$headers
# Without it no type information is made of the debug information that we left
# out.
rm -f "$headers/vmlinux"

cd "$source"
if [ ! -e .zvm-configured ]; then
	echo "zvm: configuring $(basename "$source") for $version"
	./configure --disable-dependency-tracking --with-config=kernel \
		--with-linux="$common" --with-linux-obj="$headers"
	touch .zvm-configured
fi
# No hooks for the function tracer: loading zfs.ko spends seconds of emulated time
# on looking each of them up.
echo "zvm: compiling"
make -j"$(nproc)" CC_FLAGS_FTRACE=
