#include "cases.h"
#include <sys/wait.h>

struct resolver dns;

static const struct one_case *const groups[] = {address_cases, flag_cases, receive_cases, vector_cases, fault_cases, tcp_cases};

int main(int argc, char **argv)
{
	dns = at("192.0.2.53", 53);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		for (const struct one_case *c = groups[g]; c->name; c++) {
			if (argc > 1 && strcmp(argv[1], c->name))
				continue;
			printf("== %s\n", c->name);
			fflush(stdout);
			if (!fork()) {
				alarm(30); // a case that hangs ends here, and shows it
				c->run();
				fflush(stdout);
				_exit(0);
			}
			int status;
			wait(&status);
			if (status)
				printf("ended by signal %d, status %d\n", WTERMSIG(status), WEXITSTATUS(status));
		}
}
