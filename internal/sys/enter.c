// The visitor of a network namespace that the tree made: it enters, makes the sockets of a wall, hands them over, and ends.
// The supervisor cannot do it itself: a process of several threads may not enter a user namespace (setns(2)), and it may start no
// process once it has confined itself. So the keeper forks the visitor.

#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE = 20 }; // seconds: longer than the supervisor's

static int supervisor = -1; // socket

static void fail(enum dv_stage stage)
{
	dv_say(supervisor, DV_MSG_FAILED, stage, errno);
	_exit(125);
}

// The owner's root may not look into us. Entering makes a process dumpable where /proc/sys/fs/suid_dumpable is 1.
static void hide(void)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		fail(DV_STAGE_ENTER_USERNS);
}

// give_up ends a visitor that the kernel keeps waiting. All its signals are blocked, as the keeper's are.
static void give_up(void)
{
	sigset_t clock;
	sigemptyset(&clock);
	sigaddset(&clock, SIGALRM);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &clock, NULL);
	alarm(PATIENCE);
}

void dv_enter(int to, int netns)
{
	struct stat ours, theirs;
	supervisor = to;
	setpgid(0, 0); // a terminal's Ctrl-Z is not meant for it
	give_up();
	int owner = ioctl(netns, NS_GET_USERNS);
	if (owner < 0 || fstat(owner, &theirs) < 0 || stat("/proc/self/ns/user", &ours) < 0)
		fail(DV_STAGE_ENTER_USERNS);
	hide();
	// Its own user namespace nobody can enter again.
	if ((ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino) && setns(owner, CLONE_NEWUSER) < 0)
		fail(DV_STAGE_ENTER_USERNS);
	hide();
	if (setns(netns, CLONE_NEWNET) < 0)
		fail(DV_STAGE_ENTER_NETNS);
	dv_hand_over_sockets(to);
	_exit(0);
}
