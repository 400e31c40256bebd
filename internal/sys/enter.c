// The visitor of a network namespace that the tree made: it enters, makes the sockets of a wall, hands them over, and ends.
// Go cannot do it itself: a process of several threads may not enter a user namespace (setns(2)).

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

enum { SUPERVISOR = 0, NETNS = 1 }; // its descriptors

static void fail(enum dv_stage stage)
{
	dv_say(SUPERVISOR, DV_MSG_FAILED, stage, errno);
	_exit(125);
}

// The owner's root may not look into us. Entering makes a process dumpable where /proc/sys/fs/suid_dumpable is 1.
static void hide(void)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		fail(DV_STAGE_ENTER_USERNS);
}

void dv_enter(void)
{
	struct stat ours, theirs;
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	int owner = ioctl(NETNS, NS_GET_USERNS);
	if (owner < 0 || fstat(owner, &theirs) < 0 || stat("/proc/self/ns/user", &ours) < 0)
		fail(DV_STAGE_ENTER_USERNS);
	hide();
	// Its own user namespace nobody can enter again.
	if ((ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino) && setns(owner, CLONE_NEWUSER) < 0)
		fail(DV_STAGE_ENTER_USERNS);
	hide();
	if (setns(NETNS, CLONE_NEWNET) < 0)
		fail(DV_STAGE_ENTER_NETNS);
	dv_hand_over_sockets(SUPERVISOR);
	_exit(0);
}
