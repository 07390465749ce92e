# make install and make uninstall: the places of files on a host, with the variable names of the GNU
# coding standards.

PREFIX ?= /usr/local
prefix ?= $(PREFIX)
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
includedir ?= $(prefix)/include
datarootdir ?= $(prefix)/share
datadir ?= $(datarootdir)
docdir ?= $(datarootdir)/doc/faultcast
mandir ?= $(datarootdir)/man
sysconfdir ?= /etc
# systemd looks below /usr and /usr/local. With another PREFIX set these three as well, for example
# unitdir=/etc/systemd/system.
unitdir ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
modulesloaddir ?= $(prefix)/lib/modules-load.d
# dkms looks here, whatever the prefix is.
dkmsdir ?= /usr/src/faultcast-$(VERSION)

INSTALL ?= install
INSTALL_PROGRAM ?= $(INSTALL)
INSTALL_DATA ?= $(INSTALL) -m 644

# Pairs FILE:TARGET. Both goals read these lists, so that uninstall removes exactly the installed
# files.

INSTALL_PROGRAMS := $(foreach program,faultcast_exporter faultcastctl,$(B)/$(program):$(bindir)/$(program))
# The pages lie below $(docdir) as in the source, so that their links work.
INSTALL_DOCS := $(addsuffix .md,ARCHITECTURE CHANGELOG CONTRIBUTING README SECURITY proto/README tests/vm/README) LICENSE \
	$(wildcard docs/*.md docs/adr/*.md docs/licenses/*)
INSTALL_FILES := \
	$(foreach file,$(KMOD_SRC),$(file):$(dkmsdir)/$(file:kmod/%=%)) \
	$(foreach file,$(PROTOS) proto/README.md,$(file):$(datadir)/faultcast/$(file)) \
	kmod/faultcast.yaml:$(datadir)/faultcast/faultcast.yaml \
	kmod/uapi/faultcast.h:$(includedir)/faultcast.h \
	deploy/exporter.yaml:$(datadir)/faultcast/exporter.yaml \
	$(foreach file,$(INSTALL_DOCS),$(file):$(docdir)/$(file)) \
	$(foreach file,$(wildcard deploy/prometheus/*.yml deploy/grafana/*.json),$(file):$(datadir)/faultcast/$(file:deploy/%=%)) \
	deploy/systemd/faultcast.sysusers:$(sysusersdir)/faultcast.conf \
	deploy/systemd/faultcast.modules-load:$(modulesloaddir)/faultcast.conf
# In these files @name@ stands for the value of a variable.
INSTALL_TEMPLATES := \
	$(foreach page,$(wildcard docs/man/*.8),$(page):$(mandir)/man8/$(notdir $(page))) \
	deploy/dkms/dkms.conf:$(dkmsdir)/dkms.conf \
	deploy/systemd/faultcast-exporter.service:$(unitdir)/faultcast-exporter.service
# The administrator may change these: they are never overwritten, and removed only if unchanged.
INSTALL_CONFIG := deploy/systemd/faultcast-exporter.default:$(sysconfdir)/default/faultcast-exporter

# Directories that belong to faultcast alone, innermost first.
INSTALL_DIRS := $(datadir)/faultcast/proto/faultcast/v1 $(datadir)/faultcast/proto/faultcast \
	$(datadir)/faultcast/proto $(datadir)/faultcast/prometheus $(datadir)/faultcast/grafana $(datadir)/faultcast \
	$(addprefix $(docdir)/,docs/adr docs/licenses docs proto tests/vm tests) $(docdir) \
	$(addprefix $(dkmsdir)/,core nl probe uapi) $(dkmsdir)

fill_in = sed $(foreach name,VERSION bindir datadir docdir sysconfdir,-e 's|@$(name)@|$($(name))|g')

# each LIST,COMMANDS: runs the commands for every pair of the list, with $$from and $$to.
each = for pair in $(1); do from=$${pair%%:*} to='$(DESTDIR)'$${pair\#*:}; $(2) || exit; done

.PHONY: install uninstall

install: $(B)/faultcast_exporter $(B)/faultcastctl
	@$(call each,$(INSTALL_PROGRAMS),$(INSTALL_PROGRAM) -D "$$from" "$$to")
	@$(call each,$(INSTALL_FILES),$(INSTALL_DATA) -D "$$from" "$$to")
	@$(call each,$(INSTALL_TEMPLATES),$(fill_in) "$$from" | $(INSTALL_DATA) -D /dev/stdin "$$to")
	@$(call each,$(INSTALL_CONFIG),[ -e "$$to" ] || $(INSTALL_DATA) -D "$$from" "$$to")
	@echo 'Installed below $(DESTDIR)$(prefix), and the module as source in $(DESTDIR)$(dkmsdir);' \
		'README.md says how to go on.'

uninstall:
	@$(call each,$(INSTALL_PROGRAMS) $(INSTALL_FILES) $(INSTALL_TEMPLATES),rm -f "$$to")
	@$(call each,$(INSTALL_CONFIG),if cmp -s "$$from" "$$to"; then rm -f "$$to"; \
		elif [ -e "$$to" ]; then echo "$$to was changed and stays"; fi)
	@for dir in $(INSTALL_DIRS); do \
		[ ! -d '$(DESTDIR)'$$dir ] || rmdir --ignore-fail-on-non-empty '$(DESTDIR)'$$dir || exit; done
