// What the Go supervisor and the C processes beside it say to each other.
//
// Three processes take part in a launch:
//
//   supervisor  Go; decides, answers, records. Its pid is the one the user sees.
//   keeper      C, one thread; the command's parent and subreaper. Ends the tree when the supervisor is gone, and forks
//               the visitors of network namespaces (enter.c).
//   command     C until its exec; makes the namespaces and the sockets of the wall, loads the filter, execs.
//
// Two SOCK_SEQPACKET pairs join them: "keeper" (supervisor - keeper) and "launch" (supervisor - command). Both begin
// before they know the configuration, while the supervisor still works it out; they read it where they first need it.

#ifndef DNSVISOR_LAUNCH_H
#define DNSVISOR_LAUNCH_H

#include <stdint.h>

#define DV_KEEPER_NAME "codex-dnsvisor-keeper" // argv[0] that makes the constructor take over
#define DV_KEEPER_HERE_NAME "codex-dnsvisor-keeper-here" // the command stays in our namespaces
#define DV_TELLER_NAME "codex-dnsvisor-teller" // argv[0] that makes it dv_teller
#define DV_MAX_FILTER 4096                     // BPF_MAXINSNS
#define DV_MAP_SIZE 12288                      // uid_map takes 340 lines of at most 33 bytes, and in one write less than a page
#define DV_WALL_SOCKETS 5
#define DV_MAX_STREAMS 250 // SCM_MAX_FD is 253
#define DV_THREAD_STACK (512 << 10)            // libseccomp needs the most of it
// SIGSTKFLT, which no kernel sends, gets threads out of RECV and has them confine themselves. The Go runtime blocks it in no thread, whatever mask we were
// started with, and it needs no place in a queue, as a real-time signal does (RLIMIT_SIGPENDING).
#define DV_INTERRUPT 16

enum dv_flag {
	// The command keeps its capabilities in a user namespace that does not own the network namespace: a second one below it, or, where
	// the kernel refuses that, the only one.
	DV_NESTED = 1,
	DV_LINGER = 2, // wait for what the command leaves running
	DV_DENY_SETGROUPS = 4, // the maps are written without CAP_SETGID
	DV_SEND_LISTENER = 8, // the listener is sent: the supervisor cannot take it
	DV_CLOSE_EACH = 16, // close_range(2) is not to be used
	DV_UNIX_INSIDE = 32, // AF_UNIX sockets of outside are out of reach
};

// A step of the launch, named in errors. launch.go has the words.
enum dv_stage {
	DV_STAGE_NONE,
	DV_STAGE_FORK,
	DV_STAGE_CHILDREN,
	DV_STAGE_USERNS,
	DV_STAGE_MAP,
	DV_STAGE_NETNS,
	DV_STAGE_SOCKETS,
	DV_STAGE_NESTED_USERNS,
	DV_STAGE_NESTED_MAP,
	DV_STAGE_CAPS,
	DV_STAGE_RESTORE,
	DV_STAGE_NO_NEW_PRIVS,
	DV_STAGE_SECCOMP,
	DV_STAGE_EXEC,
	DV_STAGE_ENTER_USERNS,
	DV_STAGE_ENTER_NETNS,
	DV_STAGE_LANDLOCK,
	DV_STAGE_KEEP, // of the keeper's, after the launch
};

enum dv_kind {
	DV_MSG_STARTED = 1, // keeper: value = pid of the command
	DV_MSG_FAILED,      // keeper or command: value = stage, detail = errno
	DV_MSG_STOPPED,     // keeper: value = signal that stopped the command, detail = how many stops that makes
	DV_MSG_EXITED,      // keeper: value = wait status of the command
	DV_MSG_SOCKETS,     // command: value = bit mask of the wall's sockets that follow as SCM_RIGHTS
	DV_MSG_STREAMS,     // command: the stream sockets that the configuration asks for follow, value = how many are IPv4
	DV_MSG_LISTENER,    // command: value = number of its listener descriptor, which follows with DV_SEND_LISTENER
	DV_MSG_GO,          // supervisor: go on
	DV_MSG_SIGNAL,      // supervisor: value = signal to pass on, detail = the stop that it has followed last
	DV_MSG_END,         // supervisor: end the tree now
	DV_MSG_ENTER,       // supervisor: send a visitor; a socket to it and the namespace follow as SCM_RIGHTS
};

struct dv_message {
	uint32_t kind;
	int32_t value;
	int32_t detail;
};

struct dv_insn {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

// The first message to the keeper and to the command.
struct dv_config {
	uint32_t size; // sizeof(struct dv_config): both sides are one binary
	uint32_t flags;
	uint64_t sig_ignored; // bit n-1: signal n is to be ignored
	uint64_t sig_mask;    // the kernel's sigset_t
	uint64_t nofile_cur, nofile_max;
	uint32_t closed; // bit n: descriptor n (0 to 2) was closed at the start
	uint32_t seccomp_flags;
	uint32_t filter_len;
	uint32_t streams4, streams6; // sockets to make for listeners inside, DV_MAX_STREAMS in all
	char uid_map[DV_MAP_SIZE], gid_map[DV_MAP_SIZE];
	struct dv_insn filter[DV_MAX_FILTER];
};

// A keeper that the constructor has started, and where it is spoken to. pid is 0 where there is none.
struct dv_early {
	int pid, events, launch;
	char **command;
};

// How this process was started, noted before the Go runtime changes any of it.
struct dv_start {
	uint64_t sig_ignored, sig_mask;
	uint64_t nofile_cur, nofile_max;
	uint32_t closed;
	int nfds;
	int *fds; // descriptors 3 and up
	int nchildren;
	int *children; // of the program that became this one by exec
	char **environ;
	struct dv_early early;
};

extern struct dv_start dv_started;

// A step of confining our threads, named in errors. confine.go has the words.
enum dv_confine_step {
	DV_CONFINE_LIST = 1,
	DV_CONFINE_SIGNAL,
	DV_CONFINE_ANSWER,
	DV_CONFINE_NO_NEW_PRIVS,
	DV_CONFINE_DOMAIN,
	DV_CONFINE_CAPABILITIES,
};

// What each thread does to itself, and how that failed.
struct dv_confinement {
	int domain;               // a ruleset of Landlock's; -1: none
	int capset;               // whether to take these:
	uint32_t capabilities[6]; // struct __user_cap_data_struct, twice
	int failed_at, failed_by; // step and errno
	int waits_for;            // a thread that did not come
};

int dv_confine(struct dv_confinement *what);
void dv_interrupted(int sig);
int dv_catch_interrupt(int flags);
// glibc hides signals 32 and 33 from sigaction(3), so the system call is made directly.
struct dv_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

void dv_start_early(int argc, char **argv);
_Noreturn void dv_keeper(int events, int launch, int here, char **argv);
void dv_command(int launch, int keeper, int here, char **argv);
_Noreturn void dv_teller(void);
_Noreturn void dv_enter(int to, int netns);
void dv_hand_over_sockets(int to);
int dv_say(int fd, uint32_t kind, int32_t value, int32_t detail);
int dv_hear(int fd, struct dv_message *message);
int dv_read_config(int fd, struct dv_config *config);
int dv_stay_inside(void);
int dv_write_maps(int pid, const struct dv_config *config);
void dv_close_all_but(int a, int b, int c, int each);
void dv_take(int sig);
int dv_tid(void);

#endif
