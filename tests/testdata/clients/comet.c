// comet N: leaves N processes behind, each of which forks and exits without end (for a minute), so that no process
// id of theirs is good for longer than some microseconds.
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	time_t end = time(NULL) + 60;
	for (int i = 0; argc > 1 && i < atoi(argv[1]); i++)
		if (fork() == 0) {
			setsid();
			while (time(NULL) < end)
				if (fork())
					_exit(0);
			_exit(0);
		}
	return 4;
}
