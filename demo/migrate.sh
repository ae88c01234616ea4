#!/bin/sh
# migrate VERSION: once a rollout, on one server.
set -eu
cd "$(dirname "$0")/.."
echo "the database is ready for $1"
echo "$1" >>log/migrations
