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
 * 6.1 has FTRACE_WITH_ARGS on x86 but no accessor for arguments.  ftrace_get_regs()
 * returns NULL unless all registers were saved.  The registers with the arguments
 * are always saved.
 */
#ifndef ftrace_regs_get_argument
#define ftrace_regs_get_argument(fregs, n) regs_get_kernel_argument(&(fregs)->regs, n)
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
