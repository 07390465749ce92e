# make install, uninstall: what goes where on a host, by the names of the GNU coding standards.

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
# systemd looks below /usr and /usr/local; with another PREFIX name these three too, as in
# unitdir=/etc/systemd/system.
unitdir ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
modulesloaddir ?= $(prefix)/lib/modules-load.d
# Where dkms looks, whatever the prefix.
dkmsdir ?= /usr/src/faultcast-$(VERSION)

INSTALL ?= install
INSTALL_PROGRAM ?= $(INSTALL)
INSTALL_DATA ?= $(INSTALL) -m 644

# FILE:TARGET. Both goals read these lists, so that uninstall removes what install has put there.

INSTALL_PROGRAMS := $(foreach program,faultcast_exporter faultcastctl,$(B)/$(program):$(bindir)/$(program))
INSTALL_FILES := \
	$(foreach file,$(KMOD_SRC),$(file):$(dkmsdir)/$(file:kmod/%=%)) \
	$(foreach file,$(PROTOS) proto/README.md,$(file):$(datadir)/faultcast/$(file)) \
	kmod/faultcast.yaml:$(datadir)/faultcast/faultcast.yaml \
	kmod/uapi/faultcast.h:$(includedir)/faultcast.h \
	deploy/exporter.yaml:$(datadir)/faultcast/exporter.yaml \
	$(foreach file,README.md CHANGELOG.md LICENSE,$(file):$(docdir)/$(file)) \
	$(foreach file,$(wildcard docs/*.md docs/licenses/*),$(file):$(docdir)/$(file)) \
	$(foreach file,$(wildcard deploy/prometheus/*.yml deploy/grafana/*.json),$(file):$(datadir)/faultcast/$(file:deploy/%=%)) \
	deploy/systemd/faultcast.sysusers:$(sysusersdir)/faultcast.conf \
	deploy/systemd/faultcast.modules-load:$(modulesloaddir)/faultcast.conf
# In which @name@ stands for a variable of ours.
INSTALL_TEMPLATES := \
	$(foreach page,$(wildcard docs/man/*.8),$(page):$(mandir)/man8/$(notdir $(page))) \
	deploy/dkms/dkms.conf:$(dkmsdir)/dkms.conf \
	deploy/systemd/faultcast-exporter.service:$(unitdir)/faultcast-exporter.service
# The administrator's: neither overwritten nor, once changed, removed.
INSTALL_CONFIG := deploy/systemd/faultcast-exporter.default:$(sysconfdir)/default/faultcast-exporter

# Directories that are ours alone, innermost first.
INSTALL_DIRS := $(datadir)/faultcast/proto/faultcast/v1 $(datadir)/faultcast/proto/faultcast \
	$(datadir)/faultcast/proto $(datadir)/faultcast/prometheus $(datadir)/faultcast/grafana $(datadir)/faultcast $(docdir)/docs/licenses $(docdir)/docs $(docdir) \
	$(addprefix $(dkmsdir)/,core nl probe uapi) $(dkmsdir)

fill_in = sed $(foreach name,VERSION bindir datadir docdir sysconfdir,-e 's|@$(name)@|$($(name))|g')

# each LIST,COMMANDS: for every pair of the list, $$from and $$to.
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
