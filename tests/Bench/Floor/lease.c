#include "floor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int lock(const char *directory)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", directory);
	fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		die(path);
	return fd;
}

static void file_write(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static const char *name(const struct attachment *a)
{
	static char text[16];

	snprintf(text, sizeof(text), "%u.%u.%u.%u", a->address[0], a->address[1], a->address[2], a->address[3]);
	return text;
}

void lease_add(const struct attachment *a, const char *directory)
{
	char path[256];
	int fd = lock(directory);

	snprintf(path, sizeof(path), "%s/%s", directory, name(a));
	file_write(path, O_EXCL, "pod1\r\neth0");
	snprintf(path, sizeof(path), "%s/last_reserved_ip.0", directory);
	file_write(path, O_TRUNC, name(a));
	close(fd);
}

void lease_del(const struct attachment *a, const char *directory)
{
	char path[256];
	int fd = lock(directory);

	snprintf(path, sizeof(path), "%s/%s", directory, name(a));
	if (unlink(path) < 0)
		die(path);
	close(fd);
}
