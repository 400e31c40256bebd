// getaddrinfo NAME FAMILY FLAGS: prints "canonical NAME", then an address a line; or the error's text, with status 1.
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
	char text[INET6_ADDRSTRLEN];
	if (argc != 4)
		return 2;
	hints.ai_family = !strcmp(argv[2], "inet") ? AF_INET : !strcmp(argv[2], "inet6") ? AF_INET6 : AF_UNSPEC;
	if (strstr(argv[3], "addrconfig"))
		hints.ai_flags |= AI_ADDRCONFIG;
	if (strstr(argv[3], "canonname"))
		hints.ai_flags |= AI_CANONNAME;
	int err = getaddrinfo(argv[1], "443", &hints, &all);
	if (err) {
		printf("%s\n", gai_strerror(err));
		return 1;
	}
	if (all->ai_canonname && hints.ai_flags & AI_CANONNAME) // musl always has it
		printf("canonical %s\n", all->ai_canonname);
	for (struct addrinfo *a = all; a; a = a->ai_next) {
		getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
		printf("%s\n", text);
	}
	return 0;
}
