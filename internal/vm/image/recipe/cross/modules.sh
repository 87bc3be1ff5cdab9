#!/bin/sh
# Runs in the chroot: builds the ZFS modules for another machine against its
# kernel's headers, with the tools of this machine. ZVM_KARCH is the kernel's name
# of the machine. Both configure's marker and make's own rules let a second run
# continue.
set -eu
export LC_ALL=C
# The kernel's makefiles read these three. Debug information takes half of the
# compiler's time and is stripped in the end.
export ARCH="$ZVM_KARCH" CROSS_COMPILE="$ZVM_TRIPLET-" KCFLAGS=-g0

version=$(cat /zvm/kernel-version)
source=
for dir in /zvm/tree/usr/src/zfs-*; do
	source=$dir
done
headers=/usr/src/linux-headers-$version
common=/usr/src/linux-headers-${version%-"$ZVM_FLAVOUR"}-common
# Without it no type information is made of the debug information that we left
# out.
rm -f "$headers/vmlinux"

cd "$source"
if [ ! -e .zvm-configured ]; then
	echo "zvm: configuring $(basename "$source") for $version"
	./configure --host="$ZVM_TRIPLET" --disable-dependency-tracking --with-config=kernel \
		--with-linux="$common" --with-linux-obj="$headers"
	touch .zvm-configured
fi
# No hooks for the function tracer: loading zfs.ko spends seconds of emulated time
# on looking each of them up.
echo "zvm: compiling"
make -j"$(nproc)" CC_FLAGS_FTRACE=
