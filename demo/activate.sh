#!/bin/sh
# activate VERSION: puts a release of the shop in service on this server.
# It stops the old process at once and does not wait for the new one: whoever
# calls it has taken the server out of rotation, and looks at its health after.
set -eu
cd "$(dirname "$0")/.."
version=$1

if [ ! -d "releases/$version" ]; then
	echo "unpacking releases/shop-$version.tar.gz"
	rm -rf "releases/.$version"
	mkdir "releases/.$version"
	tar -xzf "releases/shop-$version.tar.gz" -C "releases/.$version"
	mv "releases/.$version" "releases/$version"
fi

echo "linking current to releases/$version"
ln -sfn "releases/$version" current

if [ -s run/shop.pid ]; then
	old=$(cat run/shop.pid)
	if kill "$old" 2>/dev/null; then
		echo "stopped the old process $old"
	fi
fi

. etc/shop.env
log=$PWD/log/shop.log
(
	cd "releases/$version"
	export ROTA_DEMO_APP=shop
	exec nohup "$SHOP" >>"$log" 2>&1 </dev/null
) &
echo $! >run/shop.pid
echo "started $version as process $!"
