/*
 * touched NAMES OUT PROGRAM [ARGUMENT]...: runs a program and writes to OUT the functions that it enters, in the order of their first call. NAMES has lines of an
 * address (hexadecimal) and a function's name. A breakpoint on each, removed when it is struck, costs one stop per function; what the program executes is not looked at.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct function {
	uint64_t address;
	uint8_t first;
	char name[1024];
};

static struct function *functions;
static size_t count;

static int compare(const void *a, const void *b)
{
	uint64_t left = ((const struct function *)a)->address, right = ((const struct function *)b)->address;

	return left < right ? -1 : left > right;
}

static void read_names(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[8192];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		functions = realloc(functions, (count + 1) * sizeof(*functions));
		if (functions != NULL && sscanf(line, "%lx %1023s", &functions[count].address, functions[count].name) == 2)
			count++;
	}
	if (count == 0)
		exit(2);
	fclose(file);
	qsort(functions, count, sizeof(*functions), compare);
}

static void set_breakpoints(int memory)
{
	static const uint8_t breakpoint = 0xCC;

	for (size_t i = 0; i < count; i++)
		if (pread(memory, &functions[i].first, 1, functions[i].address) != 1 || pwrite(memory, &breakpoint, 1, functions[i].address) != 1)
			exit(3);
}

/* All names of the address, for the linker knows only one of them as a section's. */
static int struck(pid_t thread, int memory, FILE *out)
{
	struct user_regs_struct registers;
	struct function key, *found;

	ptrace(PTRACE_GETREGS, thread, 0, &registers);
	key.address = registers.rip - 1;
	found = bsearch(&key, functions, count, sizeof(*functions), compare);
	if (found == NULL)
		return 0;
	while (found > functions && found[-1].address == key.address)
		found--;
	if (pwrite(memory, &found->first, 1, found->address) != 1)
		exit(3);
	for (; found < functions + count && found->address == key.address; found++)
		fprintf(out, "%s\n", found->name);
	registers.rip--;
	ptrace(PTRACE_SETREGS, thread, 0, &registers);
	return 1;
}

int main(int argc, char **argv)
{
	char path[32];
	int memory = -1, status, code = 126;
	FILE *out;
	pid_t child, thread;

	if (argc < 4)
		return 2;
	read_names(argv[1]);
	out = fopen(argv[2], "w");
	if (out == NULL)
		return 2;
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(argv[3], argv + 3);
		_exit(127);
	}
	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, child, 0, 0);
	while ((thread = waitpid(-1, &status, __WALL)) > 0) {
		int number = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

		if (!WIFSTOPPED(status)) {
			if (thread == child)
				code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			continue;
		}
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			if (thread != child) {
				ptrace(PTRACE_DETACH, thread, 0, 0);
				continue;
			}
			snprintf(path, sizeof(path), "/proc/%d/mem", child);
			memory = open(path, O_RDWR);
			set_breakpoints(memory);
			number = 0;
		} else if (status >> 16 != 0 || number == SIGSTOP || (number == SIGTRAP && struck(thread, memory, out)))
			number = 0;
		ptrace(PTRACE_CONT, thread, 0, number);
	}
	fclose(out);
	return code;
}
