#!/bin/sh
# Runs in the chroot: installs the tool chain and unpacks the kernel and ZFS. The
# kernel comes from ZVM_SUITE, ZFS from ZVM_TARGET, which may be its backports:
# these have kernels, too, but at times newer ones than ZFS can be built for.
# Running it again after an interruption takes up where dpkg and apt stopped.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
dpkg --configure -a --force-confdef

echo "zvm: reading the package lists of $ZVM_SUITE and $ZVM_TARGET"
apt-get update -q
echo "zvm: installing compiler, headers and libraries"
apt-get install -qy -f --no-install-recommends -t "$ZVM_SUITE" \
	linux-headers-cloud-amd64 make gcc libc6-dev busybox-static kmod perl xz-utils zstd
apt-get install -qy --no-install-recommends -t "$ZVM_TARGET" libzfslinux-dev

version=
for dir in /usr/src/linux-headers-*-cloud-amd64; do
	version=${dir#/usr/src/linux-headers-}
done
echo "zvm: kernel $version"

# These are unpacked, not installed: their maintainer scripts would want an
# initramfs generator, dkms and python.
rm -rf /zvm
mkdir -p /zvm/deb /zvm/tree
chmod 777 /zvm/deb
cd /zvm/deb
apt-get download -q -t "$ZVM_SUITE" "linux-image-$version"
apt-get download -q -t "$ZVM_TARGET" zfs-dkms zfsutils-linux zfs-test
# Newer kernels split the image into several packages.
parts=$(dpkg-deb -f linux-image-*.deb Depends | tr ',|' '\n\n' |
	sed -n 's/^ *\(linux-\(binary\|modules\)-[^ ]*\).*/\1/p')
if [ -n "$parts" ]; then
	# shellcheck disable=SC2086
	apt-get download -q -t "$ZVM_SUITE" $parts
fi
for deb in *.deb; do
	echo "zvm: unpacking $deb"
	dpkg-deb -x "$deb" /zvm/tree
done
for deb in zfs-dkms_*.deb; do
	dpkg-deb -f "$deb" Version >/zvm/zfs-version
done
rm -rf /zvm/deb
apt-get clean
echo "$version" >/zvm/kernel-version
