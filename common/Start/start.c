/*
 * What the .NET runtime does at every start for a long-lived server, and a plugin that lives for two milliseconds does without. The linker puts each function
 * here in the place of the runtime's own (ld --wrap; __real_X is what it stands for). Start.targets names them to the linker and leaves out what the runtime
 * does not have any more; StartTests turns red when one is missing.
 *
 * Each says what a start gains by it: microseconds of VERSION as a whole process, which took 1,155 with all of them and 1,870 with none; one left out at
 * a time, p10 of 300, taking turns on .NET 10.0.12.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* The names of C++ functions, as the compiler writes them. */
#define InitializeCGroup _Z16InitializeCGroupv
#define InitializeCpuCGroup _Z19InitializeCpuCGroupv
#define NUMASupportInitialize _Z21NUMASupportInitializev
#define GetMemoryStatus _ZN15GCToOSInterface15GetMemoryStatusEmPjPmS1_
#define VirtualReserve _ZN15GCToOSInterface14VirtualReserveEmmjt
#define VirtualCommit _ZN15GCToOSInterface13VirtualCommitEPvmt
#define VirtualDecommit _ZN15GCToOSInterface15VirtualDecommitEPvm
#define StartFinalizerThread _Z23PalStartFinalizerThreadPFjPvES_
#define GetMaximumStackBounds _Z24PalGetMaximumStackBoundsPPvS0_
#define PASTE(a, b) a##b
#define WRAP(name) PASTE(__wrap_, name)
#define REAL(name) PASTE(__real_, name)
/* Where a function is not replaced (Start.targets says which), nobody calls what stands for it, and there is no real one either. */
#define WEAK __attribute__((weak))

/* A heap of three megabytes is no matter for a control group's limits, which stand in six files under /proc and /sys: 385 us... */
void WRAP(InitializeCGroup)(void)
{
}

void WRAP(InitializeCpuCGroup)(void)
{
}

/* ...nor for the memory's distance from the processors: 60 us. */
void WRAP(NUMASupportInitialize)(void)
{
}

/* To how many percent the memory is full stands in /proc/meminfo; whatever fills it, it is not this heap: 75 us. */
void WRAP(GetMemoryStatus)(uint64_t limit, uint32_t *load, uint64_t *available, uint64_t *swap)
{
	if (load != NULL)
		*load = 0;
	if (available != NULL)
		*available = limit != 0 ? limit : (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)getpagesize();
	if (swap != NULL)
		*swap = 0;
}

/* A second thread for finalizers costs its stack, an arena of malloc's and, at the end, an interrupt of another processor; what a plugin opens it closes: 90 us. */
bool WRAP(StartFinalizerThread)(void *start, void *context)
{
	(void)start;
	(void)context;
	return true;
}

/*
 * The collector reserves a range and commits pieces of it, each by two system calls that split the mapping: 30 at a start. The range is writable from the
 * beginning, for the kernel gives pages when they are touched; where it must promise all of them (vm.overcommit_memory 2) and cannot, it goes the long way. 110 us.
 */
static bool committing;

WEAK void *REAL(VirtualReserve)(size_t size, size_t alignment, uint32_t flags, uint16_t node);
WEAK bool REAL(VirtualCommit)(void *address, size_t size, uint16_t node);
WEAK bool REAL(VirtualDecommit)(void *address, size_t size);

void *WRAP(VirtualReserve)(size_t size, size_t alignment, uint32_t flags, uint16_t node)
{
	size_t page = (size_t)getpagesize();
	size_t padding = alignment > page ? alignment - page : 0;
	char *start;

	if (committing)
		return REAL(VirtualReserve)(size, alignment, flags, node);
	start = mmap(NULL, size + padding, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED) {
		committing = true;
		return REAL(VirtualReserve)(size, alignment, flags, node);
	}
	/* Else the first byte that is touched takes two megabytes where transparent huge pages are always given. */
	madvise(start, size + padding, MADV_NOHUGEPAGE);
	return padding == 0 ? start : (char *)(((uintptr_t)start + alignment - 1) & ~(alignment - 1));
}

bool WRAP(VirtualCommit)(void *address, size_t size, uint16_t node)
{
	return committing ? REAL(VirtualCommit)(address, size, node) : true;
}

/* What is committed again must read as zero. */
bool WRAP(VirtualDecommit)(void *address, size_t size)
{
	return committing ? REAL(VirtualDecommit)(address, size) : madvise(address, size, MADV_DONTNEED) == 0;
}

/*
 * The bounds of the first thread's stack, without reading /proc/self/maps: the kernel puts the executable's name and a null pointer at its very end
 * (fs/exec.c), and its length has a limit. Anything unusual is left to the runtime. 125 us.
 */
WEAK bool REAL(GetMaximumStackBounds)(void **low, void **high);

bool WRAP(GetMaximumStackBounds)(void **low, void **high)
{
	const char *name = (const char *)getauxval(AT_EXECFN);
	uintptr_t here = (uintptr_t)&name;
	uintptr_t page = (uintptr_t)getpagesize();
	uintptr_t end;
	struct rlimit limit;

	if (name == NULL || getpid() != gettid() || getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return REAL(GetMaximumStackBounds)(low, high);
	end = ((uintptr_t)name + strlen(name) + 1 + sizeof(void *) + page - 1) & ~(page - 1);
	if (end <= here || end - here >= limit.rlim_cur)
		return REAL(GetMaximumStackBounds)(low, high);
	*high = (void *)end;
	*low = (void *)(end - limit.rlim_cur);
	return true;
}

/* The class library looks how long this takes before it decides where to keep buffers apart; "not to be known" spares that: 25 us. */
int32_t WRAP(SystemNative_SchedGetCpu)(void)
{
	return -1;
}

/* glibc asks /proc/self/exe where a static program lies, for libraries that it could load from there: unknown (elf/dl-origin.c). 80 us. */
const char *WRAP(_dl_get_origin)(void)
{
	return (const char *)-1;
}

/*
 * How many processors there are stands in three files under /sys; a plugin has one thread and asks what it may run on instead, whose highest number is what the
 * collector needs for its sets: 100 us.
 */
static int count_processors(bool highest)
{
	cpu_set_t set;
	int last = 0;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			last = i + 1;
	return highest ? last : CPU_COUNT(&set);
}

int WRAP(__get_nprocs)(void)
{
	return count_processors(false);
}

int WRAP(minipal_get_cpu_max_possible_count)(void)
{
	return count_processors(true);
}
