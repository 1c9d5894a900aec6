#!/bin/sh
# Make an authority and one certificate for app, scheduler and workers, in the folder that is named.
set -eu
folder=${1:?Name the folder for the certificates.}
mkdir -p "$folder"
cd "$folder"
umask 077
openssl req -x509 -newkey rsa:3072 -nodes -days 825 -subj "/CN=gargalo authority" -keyout authority.key -out ca.pem
openssl req -newkey rsa:3072 -nodes -subj "/CN=gargalo" -keyout key.pem -out request.pem
openssl x509 -req -in request.pem -CA ca.pem -CAkey authority.key -CAcreateserial -days 825 -out cert.pem
rm request.pem
# The authority's key signs whoever may run code on the workers: keep it elsewhere.
chmod 644 ca.pem cert.pem
chmod 640 key.pem
