// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rogue: makes an emulated PCI device do DMA to addresses that were not mapped for it,
 * from user space. A scenario so gets real VT-d faults at known addresses.
 *
 * i82559er (8086:1209), BAR0, as QEMU's hw/net/eepro100.c behaves without any driver:
 *   +8 32 bit  SCB port: address | 1 is the self-test, which reads 8 bytes at the address and then
 *              writes them back, all before the register write returns. The write finds the read's
 *              record still pending from the same requester and is merged into it: one read fault.
 *   +4 32 bit  SCB general pointer
 *   +2  8 bit  SCB command: 0x40 takes the pointer as statistics address, 0x50 dumps there
 *              (one write fault, for the same reason).
 * edu (1234:11e8), BAR0, as hw/misc/edu.c behaves: 28-bit addresses, 100 ms for one transfer.
 *   +0x80 source, +0x88 destination, +0x90 length, +0x98 command (1 run, 2 to memory), all 64 bit;
 *   its own buffer is at 0x40000.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEVICES 32
#define BAR_SIZE 4096

#define PCI_COMMAND 4
#define PCI_COMMAND_MEMORY_MASTER 0x6

#define SCB_COMMAND 2
#define SCB_POINTER 4
#define SCB_PORT 8
#define SCB_CU_STATS_ADDRESS 0x40
#define SCB_CU_DUMP_STATS 0x50
#define PORT_SELF_TEST 1

#define EDU_SOURCE 0x80
#define EDU_DESTINATION 0x88
#define EDU_LENGTH 0x90
#define EDU_COMMAND 0x98
#define EDU_RUN 1
#define EDU_TO_MEMORY 2
#define EDU_BUFFER 0x40000

enum mode { MODE_READ, MODE_WRITE, MODE_MIXED, MODES };

static const char *const mode_names[MODES] = {
	[MODE_READ] = "read",
	[MODE_WRITE] = "write",
	[MODE_MIXED] = "mixed",
};

struct model {
	uint32_t id; /* device id << 16 | vendor id, as read from configuration space */
	uint64_t iova_limit;
	uint64_t iova_align;
	void (*dma_read)(volatile uint8_t *bar, uint64_t iova);
	void (*dma_write)(volatile uint8_t *bar, uint64_t iova);
};

struct device {
	const char *name;
	const struct model *model;
	volatile uint8_t *bar;
};

struct plan {
	enum mode mode;
	uint64_t count, base, step, gap_us, cpu, parallel;
	struct device devices[MAX_DEVICES];
	unsigned int n_devices;
};

static void write32(volatile uint8_t *bar, unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(bar + offset) = value;
}

static void write64(volatile uint8_t *bar, unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(bar + offset) = value;
}

static void i82559er_read(volatile uint8_t *bar, uint64_t iova)
{
	write32(bar, SCB_PORT, (uint32_t)iova | PORT_SELF_TEST);
}

static void i82559er_write(volatile uint8_t *bar, uint64_t iova)
{
	write32(bar, SCB_POINTER, (uint32_t)iova);
	bar[SCB_COMMAND] = SCB_CU_STATS_ADDRESS;
	bar[SCB_COMMAND] = SCB_CU_DUMP_STATS;
}

static void edu_transfer(volatile uint8_t *bar, uint64_t from, uint64_t to, uint64_t command)
{
	write64(bar, EDU_SOURCE, from);
	write64(bar, EDU_DESTINATION, to);
	write64(bar, EDU_LENGTH, 16);
	write64(bar, EDU_COMMAND, command);
	while (*(volatile uint64_t *)(bar + EDU_COMMAND) & EDU_RUN)
		usleep(1000);
}

static void edu_read(volatile uint8_t *bar, uint64_t iova)
{
	edu_transfer(bar, iova, EDU_BUFFER, EDU_RUN);
}

static void edu_write(volatile uint8_t *bar, uint64_t iova)
{
	edu_transfer(bar, EDU_BUFFER, iova, EDU_RUN | EDU_TO_MEMORY);
}

static const struct model models[] = {
	{ .id = 0x12098086,
	  .iova_limit = 1ULL << 32,
	  .iova_align = 16,
	  .dma_read = i82559er_read,
	  .dma_write = i82559er_write },
	{ .id = 0x11e81234,
	  .iova_limit = 1ULL << 28,
	  .iova_align = 1,
	  .dma_read = edu_read,
	  .dma_write = edu_write },
};

static int open_attribute(const char *device, const char *attribute, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", device, attribute);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0) {
		fd = -errno;
		fprintf(stderr, "rogue: %s: %s\n", path, strerror(-fd));
	}
	return fd;
}

static const struct model *find_model(uint32_t id)
{
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (models[i].id == id)
			return &models[i];
	return NULL;
}

/* Leaves bus mastering on, because another run or a scenario may still need the device. */
static int enable_dma(struct device *device)
{
	uint16_t command;
	uint32_t id;
	int fd, ret = 0;

	fd = open_attribute(device->name, "enable", O_WRONLY);
	if (fd < 0)
		return fd;
	if (write(fd, "1", 1) != 1)
		ret = -errno;
	close(fd);
	if (ret)
		return ret;
	fd = open_attribute(device->name, "config", O_RDWR);
	if (fd < 0)
		return fd;
	if (pread(fd, &id, sizeof(id), 0) != sizeof(id) ||
	    pread(fd, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		ret = -EIO;
	command |= PCI_COMMAND_MEMORY_MASTER;
	if (!ret && pwrite(fd, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		ret = -EIO;
	close(fd);
	device->model = ret ? NULL : find_model(id);
	return device->model ? 0 : -ENODEV;
}

static int open_device(struct device *device)
{
	void *bar;
	int fd, ret;

	ret = enable_dma(device);
	if (ret) {
		fprintf(stderr, "rogue: %s: no i82559er or edu that can be enabled: %s\n",
			device->name, strerror(-ret));
		return ret;
	}
	fd = open_attribute(device->name, "resource0", O_RDWR);
	if (fd < 0)
		return fd;
	bar = mmap(NULL, BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ret = bar == MAP_FAILED ? -errno : 0;
	close(fd);
	if (ret)
		fprintf(stderr, "rogue: %s: resource0: %s\n", device->name, strerror(-ret));
	device->bar = bar;
	return ret;
}

static int check_range(const struct plan *plan, const struct device *device)
{
	const struct model *model = device->model;
	uint64_t last;

	if (plan->base % model->iova_align || plan->step % model->iova_align) {
		fprintf(stderr, "rogue: %s: addresses must be multiples of %llu\n", device->name,
			(unsigned long long)model->iova_align);
		return -EINVAL;
	}
	if (__builtin_mul_overflow(plan->count, plan->step, &last) ||
	    __builtin_add_overflow(last, plan->base, &last) || last > model->iova_limit) {
		fprintf(stderr, "rogue: %s: addresses must stay below %#llx\n", device->name,
			(unsigned long long)model->iova_limit);
		return -ERANGE;
	}
	return 0;
}

static int pin(uint64_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!sched_setaffinity(0, sizeof(set), &set))
		return 0;
	fprintf(stderr, "rogue: cpu %llu: %s\n", (unsigned long long)cpu, strerror(errno));
	return -errno;
}

/*
 * Transfer i goes to device i modulo the number of devices. "mixed" alternates per
 * device, read first.
 */
static void transfer(const struct plan *plan, uint64_t i)
{
	const struct device *device = &plan->devices[i % plan->n_devices];
	uint64_t iova = plan->base + i * plan->step;

	if (plan->mode == MODE_WRITE || (plan->mode == MODE_MIXED && (i / plan->n_devices) & 1))
		device->model->dma_write(device->bar, iova);
	else
		device->model->dma_read(device->bar, iova);
	if (plan->gap_us)
		usleep(plan->gap_us);
}

static void run_in_turn(const struct plan *plan)
{
	for (uint64_t i = 0; i < plan->count; i++)
		transfer(plan, i);
}

/*
 * Runs one process for each device, on alternate CPUs, with the same transfers at the
 * same addresses.
 */
static int run_parallel(const struct plan *plan)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int status, ret = 0;

	for (unsigned int d = 0; d < plan->n_devices; d++) {
		pid_t pid = fork();

		if (pid < 0) {
			ret = -errno;
			break;
		}
		if (pid)
			continue;
		if (pin(d % cpus))
			_exit(1);
		for (uint64_t i = d; i < plan->count; i += plan->n_devices)
			transfer(plan, i);
		_exit(0);
	}
	while (wait(&status) > 0)
		if (status)
			ret = -EIO;
	return ret;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int parse_option(struct plan *plan, const char *word, const char *value)
{
	const struct {
		const char *name;
		uint64_t *field;
	} options[] = {
		{ "count", &plan->count }, { "base", &plan->base },
		{ "step", &plan->step },   { "gap_us", &plan->gap_us },
		{ "cpu", &plan->cpu },	   { "parallel", &plan->parallel },
	};
	size_t length = value - word;
	char *end;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strlen(options[i].name) != length || strncmp(options[i].name, word, length))
			continue;
		errno = 0;
		*options[i].field = strtoull(value + 1, &end, 0);
		if (!errno && end != value + 1 && !*end && value[1] != '-')
			return 0;
		fprintf(stderr, "rogue: %s: not a number\n", word);
		return -EINVAL;
	}
	fprintf(stderr, "rogue: %s: no such option\n", word);
	return -EINVAL;
}

static int parse_arguments(struct plan *plan, int argc, char **argv)
{
	const char *value;
	int ret;

	for (plan->mode = 0; plan->mode < MODES; plan->mode++)
		if (argc > 1 && !strcmp(argv[1], mode_names[plan->mode]))
			break;
	for (int i = 2; i < argc; i++) {
		value = strchr(argv[i], '=');
		if (value) {
			ret = parse_option(plan, argv[i], value);
			if (ret)
				return ret;
		} else if (plan->n_devices < MAX_DEVICES) {
			plan->devices[plan->n_devices++].name = argv[i];
		}
	}
	if (plan->mode < MODES && plan->n_devices)
		return 0;
	fprintf(stderr, "usage: rogue read|write|mixed DEVICE... [count=N] [base=IOVA] "
			"[step=BYTES] [gap_us=N] [cpu=N | parallel=1]\n");
	return -EINVAL;
}

int main(int argc, char **argv)
{
	struct plan plan = { .count = 1, .base = 0x10000000, .step = 0x1000, .cpu = UINT64_MAX };
	double seconds;
	int ret = 0;

	if (parse_arguments(&plan, argc, argv))
		return 2;
	for (unsigned int d = 0; d < plan.n_devices; d++)
		if (open_device(&plan.devices[d]) || check_range(&plan, &plan.devices[d]))
			return 1;
	if (plan.cpu != UINT64_MAX && pin(plan.cpu))
		return 1;
	seconds = now();
	if (plan.parallel)
		ret = run_parallel(&plan);
	else
		run_in_turn(&plan);
	seconds = now() - seconds;
	printf("rogue: mode=%s devices=%u count=%llu seconds=%.6f rate=%.0f\n",
	       mode_names[plan.mode], plan.n_devices, (unsigned long long)plan.count, seconds,
	       (double)plan.count / seconds);
	return ret ? 1 : 0;
}
