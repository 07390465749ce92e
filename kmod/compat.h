/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All differences between kernel versions, 6.1 to 7.3.  If a macro differs, #ifdef
 * finds the difference.  For any other difference, Kbuild compiles a test that sets
 * HAVE_*.
 */
#ifndef FAULTCAST_COMPAT_H
#define FAULTCAST_COMPAT_H

#include <linux/ftrace.h>
#include <linux/pci.h>
#include <linux/ptrace.h>
#include <net/genetlink.h>

/*
 * Entry hooks need the arguments of the function that is entered.  With
 * FTRACE_WITH_ARGS they are always saved; 6.1 has it on x86 only, and without an
 * accessor.  Otherwise all registers must be saved (6.1 on arm64): without
 * SAVE_REGS, ftrace_get_regs() returns NULL.
 */
#if defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
#define FAULTCAST_ENTRY_HOOKS	1
#define FAULTCAST_ENTRY_FLAGS	0
#ifdef HAVE_FTRACE_REGS_ARGUMENT
#define faultcast_entry_arg(fregs, n)	ftrace_regs_get_argument(fregs, n)
#else
#define faultcast_entry_arg(fregs, n)	regs_get_kernel_argument(&(fregs)->regs, n)
#endif
#elif defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS) && defined(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API)
#define FAULTCAST_ENTRY_HOOKS	1
#define FAULTCAST_ENTRY_FLAGS	FTRACE_OPS_FL_SAVE_REGS
#define faultcast_entry_arg(fregs, n)	regs_get_kernel_argument(ftrace_get_regs(fregs), n)
#else
#define FAULTCAST_ENTRY_HOOKS	0
#define FAULTCAST_ENTRY_FLAGS	0
#define faultcast_entry_arg(fregs, n)	((void)(fregs), (void)(n), 0UL)
#endif

/* Before 6.8 a group cannot require a capability, so any process may join. */
#ifdef GENL_MCAST_CAP_NET_ADMIN
#define FAULTCAST_MCAST_FLAGS	GENL_MCAST_CAP_NET_ADMIN
#else
#define FAULTCAST_MCAST_FLAGS	0
#endif

/* Before 6.6 the attributes of a dump request are in a struct of its own. */
#ifndef HAVE_GENL_INFO_DUMP
#define genl_info_dump(cb)	genl_dumpit_info(cb)
#endif

/* The kernel exports the set of all physical slots, and declares it in no header. */
extern struct kset *pci_slots_kset;

/* The VMD endpoint that @bus is behind, or NULL.  Only x86 has VMD. */
static inline struct pci_dev *faultcast_vmd_of(struct pci_bus *bus)
{
#if defined(CONFIG_X86) && IS_ENABLED(CONFIG_VMD)
	if (is_vmd(bus))
		return to_pci_sysdata(bus)->vmd_dev;
#endif
	return NULL;
}

/* The device that the IOMMU sees instead of @pdev: pci_real_dma_dev() is not exported. */
static inline struct pci_dev *faultcast_real_dma_dev(struct pci_dev *pdev)
{
	return faultcast_vmd_of(pdev->bus) ?: pdev;
}

/*
 * ras:aer_event has three prototypes: 6.1 with the header's registers, 6.12 with a
 * TLP log, 7.0 with the bus's name too.  The compiler picks the callback whose type
 * is the one in the kernel's own header.
 */
struct aer_header_log_regs;
struct pcie_tlp_log;

typedef void faultcast_aer_regs_fn(void *unused, const char *name, u32 status, u8 severity,
				   u8 tlp_valid, struct aer_header_log_regs *tlp);
typedef void faultcast_aer_log_fn(void *unused, const char *name, u32 status, u8 severity,
				  u8 tlp_valid, struct pcie_tlp_log *tlp);

typedef void faultcast_aer_check_regs_fn(faultcast_aer_regs_fn *probe);
typedef void faultcast_aer_check_log_fn(faultcast_aer_log_fn *probe);

#define FAULTCAST_AER_IS(check_fn)	__same_type(check_trace_callback_type_aer_event, check_fn)
#define FAULTCAST_AER_PROBE(regs, log, bus)						\
	__builtin_choose_expr(FAULTCAST_AER_IS(faultcast_aer_check_regs_fn), regs,	\
	__builtin_choose_expr(FAULTCAST_AER_IS(faultcast_aer_check_log_fn), log, bus))

#endif /* FAULTCAST_COMPAT_H */
