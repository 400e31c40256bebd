# What a program in a sandbox sees: a name by glibc, by dig at a resolver of its choice, and by c-ares; one that is denied; and that its
# own isolation holds.
getent ahostsv4 host.example | sed -n 1p
dig +short +tries=1 +time=5 @8.8.8.8 host.example
/usr/bin/python3 -c "$1"
getent hosts denied.example || echo "denied $?"
exec 2>/dev/null
timeout 3 bash -c ": </dev/tcp/192.0.2.1/80" || echo "no way out"
