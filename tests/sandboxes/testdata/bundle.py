# bundle.py ROOT COMMAND...: makes the config.json that "runc spec --rootless" wrote run a command in a network namespace of its own, with the
# machine's programs. Debian 12 mounts cgroups and sets limits that this machine may not have the right to.
import json, sys

spec = json.load(open('config.json'))
spec['process'].update(args=sys.argv[2:], terminal=False, rlimits=[])
spec['root'] = {'path': sys.argv[1], 'readonly': False}
spec['mounts'] = [m for m in spec['mounts'] if not m['destination'].startswith('/sys')]
spec['mounts'] += [{'destination': d, 'source': d, 'type': 'none', 'options': ['rbind', 'ro']} for d in ('/usr', '/etc')]
kinds = [n['type'] for n in spec['linux']['namespaces']]
spec['linux']['namespaces'] = [{'type': k} for k in kinds if k not in ('cgroup', 'network')] + [{'type': 'network'}]
json.dump(spec, open('config.json', 'w'))
