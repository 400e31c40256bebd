%% Looks a name up with inet_res, Erlang's own DNS client.
main([Name, Type]) ->
    Start = erlang:monotonic_time(microsecond),
    Kind = case Type of "A" -> inet; "AAAA" -> inet6 end,
    case inet_res:gethostbyname(Name, Kind) of
        {ok, {hostent, _, _, _, _, Found}} -> [io:format("~s~n", [inet:ntoa(A)]) || A <- Found];
        {error, Why} -> io:format("error: ~p~n", [Why])
    end,
    io:format("took ~f~n", [(erlang:monotonic_time(microsecond) - Start) / 1000]).
