// asker SERVER [FIFO]: asks without end. It says so after the third answer, and, into the FIFO where there is one, after
// the first that it asked for when a SIGCONT had come.
#include "ask.h"

#include <signal.h>

static volatile sig_atomic_t continued;

static void on_continue(int sig) { (void)sig, continued = 1; }

int main(int argc, char **argv)
{
	struct sockaddr_in to = resolver(argv[1]);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	signal(SIGCONT, on_continue);
	for (unsigned id = 1;; id++) {
		int was = continued;
		if (!lookup(fd, &to, id & 0xffff))
			return 1;
		if (id == 3)
			puts("asking");
		if (was) {
			FILE *out = argc > 2 ? fopen(argv[2], "w") : stdout;
			continued = 0;
			fputs("asking again\n", out);
			if (out != stdout)
				fclose(out);
		}
		fflush(stdout);
	}
}
