#!/bin/sh
# The pods' network: each node has the part that ends as its own address does, and knows the way to those of the others.
set -eu
address=$(ip -4 -oneline address show dev eth0 | sed 's|.* inet \([0-9.]*\)/.*|\1|')
node=${address##*.}
mkdir -p /etc/cni/net.d
cat > /etc/cni/net.d/10-kindnet.conflist <<CONFIG
{"cniVersion": "0.3.1", "name": "kindnet", "plugins": [
  {"type": "ptp", "ipMasq": true, "mtu": 1500, "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam-state",
   "routes": [{"dst": "0.0.0.0/0"}], "ranges": [[{"subnet": "10.244.$node.0/24"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
CONFIG
for other in $(seq 2 254); do
  if [ "$other" != "$node" ]; then echo "route replace 10.244.$other.0/24 via ${address%.*}.$other"; fi
done | ip -batch -
