import pycares, select
channel, answers = pycares.Channel(servers=["9.9.9.9"], timeout=5), []
channel.query("host.example", pycares.QUERY_TYPE_A, lambda result, error: answers.append([r.host for r in result] if result else error))
while not answers:
    read, write = channel.getsock()
    for fd in select.select(read, write, [], 5)[0] or [pycares.ARES_SOCKET_BAD]:
        channel.process_fd(fd, pycares.ARES_SOCKET_BAD)
print("c-ares", *answers[0])
