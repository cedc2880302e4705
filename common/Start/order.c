/*
 * order OBJECT NAMES OUT < DISASSEMBLY: writes the compiler's object again, with the methods that NAMES lists at the beginning of their section, in the
 * list's order: a linker orders sections, and ILC (9.0) writes all methods into one. It leaves out the relocations of calls that go backwards in it, so they are
 * read from `objdump -dwz`; what cannot be read is an error, not a guess. Line numbers in the debug information do not move along; names do.
 */
#include <elf.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION "__managedcode"
#define ALIGNMENT 32

/* What lies between two symbols' addresses. */
struct method {
	uint64_t start, end, moved;
	size_t rank;
};

struct reference {
	uint64_t field, target;
};

static char *object;
static long size;
static struct method *methods;
static size_t method_count;
static struct reference *references;
static size_t reference_count;
static unsigned char *relocated;

static void fail(const char *what, const char *detail)
{
	fprintf(stderr, "order: %s: %s\n", what, detail);
	exit(1);
}

static void *allocate(size_t bytes)
{
	void *memory = calloc(1, bytes);

	if (memory == NULL)
		fail("no memory", SECTION);
	return memory;
}

static void load(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) <= 0)
		fail("cannot be read", path);
	rewind(file);
	object = allocate((size_t)size);
	if (fread(object, 1, (size_t)size, file) != (size_t)size)
		fail("cannot be read", path);
	fclose(file);
}

static Elf64_Shdr *section(size_t index)
{
	return (Elf64_Shdr *)(object + ((Elf64_Ehdr *)object)->e_shoff) + index;
}

static Elf64_Shdr *find(const char *name, size_t *index)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)object;
	const char *names = object + section(header->e_shstrndx)->sh_offset;

	for (*index = 1; *index < header->e_shnum; (*index)++)
		if (strcmp(names + section(*index)->sh_name, name) == 0)
			return section(*index);
	fail("no such section", name);
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct method *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

static int by_rank(const void *a, const void *b)
{
	const struct method *left = *(struct method *const *)a, *right = *(struct method *const *)b;

	return left->rank != right->rank ? (left->rank < right->rank ? -1 : 1) : by_start(left, right);
}

static struct method *method_at(uint64_t address)
{
	size_t low = 0, high = method_count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (methods[middle].start <= address)
			low = middle;
		else
			high = middle;
	}
	return methods + low;
}

static uint64_t moved(uint64_t address)
{
	struct method *method = method_at(address);

	return method->moved + (address - method->start);
}

static void find_methods(const Elf64_Sym *symbols, size_t count, size_t code, uint64_t length)
{
	size_t kept = 0;

	methods = allocate((count + 1) * sizeof(*methods));
	methods[method_count++].start = 0;
	for (size_t i = 0; i < count; i++)
		if (symbols[i].st_shndx == code)
			methods[method_count++].start = symbols[i].st_value;
	qsort(methods, method_count, sizeof(*methods), by_start);
	for (size_t i = 0; i < method_count; i++)
		if (kept == 0 || methods[kept - 1].start != methods[i].start)
			methods[kept++] = methods[i];
	method_count = kept;
	for (size_t i = 0; i < method_count; i++) {
		methods[i].end = i + 1 < method_count ? methods[i + 1].start : length;
		methods[i].rank = SIZE_MAX;
	}
}

/* Names that are not there (any more) are passed over: they are the linker's, or another version's. */
static void rank(const char *path, const Elf64_Sym *symbols, size_t count, char *names, size_t code)
{
	FILE *file = fopen(path, "r");
	char line[4096];

	if (file == NULL || hcreate(count * 2) == 0)
		fail("cannot be read", path);
	for (size_t i = 0; i < count; i++)
		if (symbols[i].st_shndx == code)
			hsearch((ENTRY){names + symbols[i].st_name, method_at(symbols[i].st_value)}, ENTER);
	for (size_t number = 0; fgets(line, sizeof(line), file) != NULL; number++) {
		ENTRY *found;

		line[strcspn(line, "\n")] = '\0';
		found = hsearch((ENTRY){line, NULL}, FIND);
		if (found != NULL && ((struct method *)found->data)->rank > number)
			((struct method *)found->data)->rank = number;
	}
	fclose(file);
}

/* "  ee8:\te8 7f 8d 12 00 \tcall   129c6c <...>" and "  f00:\t48 8d 05 ... \tlea    0x12(%rip),%rax  # 129c6c <...>": what has no relocation and leaves its method. */
static void read_disassembly(const unsigned char *code, uint64_t length)
{
	char line[8192];
	uint64_t expected = 0;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *bytes = strchr(line, '\t'), *text = bytes != NULL ? strchr(bytes + 1, '\t') : NULL, *target, *end;
		uint64_t address = strtoull(line, &end, 16), next, to;
		int known = 0;
		int32_t distance;

		if (text == NULL || *end != ':')
			continue;
		next = address;
		for (char *p = bytes + 1; p < text && strtoul(p, &end, 16) <= 0xFF && end != p && end <= text; p = end)
			next++;
		if (address != expected || next == address || next > length)
			fail("not the next instruction", line);
		expected = next;
		target = strstr(text, "(%rip)") != NULL ? strstr(text, "# ") : NULL;
		if (target != NULL) {
			target += 2;
		} else if (text[1] == 'j' || strncmp(text + 1, "call", 4) == 0 || strncmp(text + 1, "xbegin", 6) == 0) {
			target = text + 1 + strcspn(text + 1, " ");
			target += strspn(target, " ");
			if (*target == '*')
				continue;
		} else if (strstr(text, "(bad)") != NULL) {
			fail("no instruction", line);
		} else {
			continue;
		}
		for (uint64_t i = address; i < next; i++)
			known |= relocated[i];
		to = strtoull(target, &end, 16);
		if (known || (end != target && method_at(to) == method_at(address) && to < length))
			continue;
		if (end == target || next - address < 5 || to >= length)
			fail("a reference that is not understood", line);
		memcpy(&distance, code + next - 4, sizeof(distance));
		if (next + (uint64_t)(int64_t)distance != to)
			fail("a reference that is not understood", line);
		references = realloc(references, (reference_count + 1) * sizeof(*references));
		if (references == NULL)
			fail("no memory", SECTION);
		references[reference_count++] = (struct reference){next - 4, to};
	}
	if (expected != length)
		fail("the disassembly is not all of", SECTION);
}

/* The debug information may count from the section's start; what is loaded has to name methods, or it would not follow them. */
static void require_names(const Elf64_Sym *symbols, size_t code)
{
	for (size_t i = 1; i < ((Elf64_Ehdr *)object)->e_shnum; i++) {
		Elf64_Shdr *relocations = section(i);
		Elf64_Rela *rela = (Elf64_Rela *)(object + relocations->sh_offset);

		if (relocations->sh_type != SHT_RELA || (section(relocations->sh_info)->sh_flags & SHF_ALLOC) == 0)
			continue;
		for (size_t j = 0; j < relocations->sh_size / sizeof(*rela); j++) {
			const Elf64_Sym *symbol = symbols + ELF64_R_SYM(rela[j].r_info);

			if (symbol->st_shndx == code && ELF64_ST_TYPE(symbol->st_info) == STT_SECTION)
				fail("a relocation counts from the start of", SECTION);
		}
	}
}

static uint64_t place(void)
{
	struct method **order = allocate(method_count * sizeof(*order));
	uint64_t offset = 0;

	for (size_t i = 0; i < method_count; i++)
		order[i] = methods + i;
	qsort(order, method_count, sizeof(*order), by_rank);
	for (size_t i = 0; i < method_count; i++) {
		uint64_t alignment = order[i]->start & -order[i]->start;

		if (alignment == 0 || alignment > ALIGNMENT)
			alignment = ALIGNMENT;
		offset = (offset + alignment - 1) & -alignment;
		order[i]->moved = offset;
		offset += order[i]->end - order[i]->start;
	}
	free(order);
	return offset;
}

int main(int argc, char **argv)
{
	size_t code_index, ignored, count;
	Elf64_Shdr *code, *relocations, *symbol_section;
	Elf64_Sym *symbols;
	Elf64_Rela *rela;
	unsigned char *old, *new;
	uint64_t length;
	static const char padding[ALIGNMENT];
	FILE *out;

	if (argc != 4)
		return 2;
	load(argv[1]);
	code = find(SECTION, &code_index);
	relocations = find(".rela" SECTION, &ignored);
	symbol_section = find(".symtab", &ignored);
	symbols = (Elf64_Sym *)(object + symbol_section->sh_offset);
	count = symbol_section->sh_size / sizeof(*symbols);
	rela = (Elf64_Rela *)(object + relocations->sh_offset);
	old = (unsigned char *)object + code->sh_offset;

	find_methods(symbols, count, code_index, code->sh_size);
	rank(argv[2], symbols, count, object + section(symbol_section->sh_link)->sh_offset, code_index);
	require_names(symbols, code_index);
	relocated = allocate(code->sh_size);
	for (size_t i = 0; i < relocations->sh_size / sizeof(*rela); i++)
		relocated[rela[i].r_offset] = 1;
	read_disassembly(old, code->sh_size);

	length = place();
	new = allocate(length);
	memset(new, 0xCC, length);
	for (size_t i = 0; i < method_count; i++)
		memcpy(new + methods[i].moved, old + methods[i].start, methods[i].end - methods[i].start);
	for (size_t i = 0; i < reference_count; i++) {
		uint64_t field = moved(references[i].field);
		int32_t distance = (int32_t)(moved(references[i].target) - (field + 4));

		memcpy(new + field, &distance, sizeof(distance));
	}
	for (size_t i = 0; i < relocations->sh_size / sizeof(*rela); i++)
		rela[i].r_offset = moved(rela[i].r_offset);
	for (size_t i = 0; i < count; i++)
		if (symbols[i].st_shndx == code_index && ELF64_ST_TYPE(symbols[i].st_info) != STT_SECTION)
			symbols[i].st_value = moved(symbols[i].st_value);
	code->sh_offset = ((uint64_t)size + ALIGNMENT - 1) & -(uint64_t)ALIGNMENT;
	code->sh_size = length;

	out = fopen(argv[3], "wb");
	if (out == NULL || fwrite(object, 1, (size_t)size, out) != (size_t)size || fwrite(padding, 1, code->sh_offset - (uint64_t)size, out) != code->sh_offset - (uint64_t)size ||
	    fwrite(new, 1, length, out) != length || fclose(out) != 0)
		fail("cannot be written", argv[3]);
	return 0;
}
