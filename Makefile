# The only entry point. `make help` lists what there is. A rule of more than
# three lines is a script under .ci/.

# The images that were asked for, or what make matrix takes instead: all.
MATRIX  := $(IMAGES)
IMAGES  ?= 2.0 2.1 2.3 2.4
IMAGE   ?= 2.4
GO      ?= go
ZVM      = bin/zvm

.DEFAULT_GOAL := help
.PHONY: help demo test check unit fuzz kernel vm matrix bench soak golden generate images deps clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## boot OpenZFS 2.4 in a virtual machine and show zfsprobe on a real pool
	@.ci/demo

test: check unit fuzz kernel vm ## everything but the other releases: checks, unit tests, fuzz smoke, kernel tests on the newest image

check: ## formatting, vet, staticcheck, cross-builds, budgets
	@.ci/check

unit: ## unit tests with the race detector
	$(GO) test -race -skip '^TestVM' ./...

fuzz: ## each fuzzer on ten thousand inputs (FUZZTIME=50000x)
	@.ci/fuzz $(FUZZTIME)

kernel: ## kernel tests on one image (IMAGE=2.4)
	@.ci/kernel $(IMAGE)

vm: ## tests of the virtual machines themselves: a failing test, a panic, a hang, no final message
	@$(MAKE) -s images IMAGES=2.4
	PUREZFS_VM=1 $(GO) test -count 1 -timeout 20m -run '^TestVM' ./internal/cmd/zvm

matrix: ## kernel tests on all images, other machines too (IMAGES="2.0 2.1 2.3.2 2.3 2.4 2.4-sid arm64 s390x")
	@.ci/kernel $(MATRIX)

bench: ## every number that is promised, as ratios measured side by side
	@.ci/bench

soak: ## the long runs: fuzzers, interruptions, random lists
	@.ci/soak

golden: ## make testdata again, with libnvpair and the modules of the images
	@.ci/golden/make

images: deps ## build the images that are missing (IMAGES="2.0 2.1 2.3 2.4")
	@.ci/images $(IMAGES)

deps: $(ZVM) ## install what virtual machines need, as root, or say what to install
	$(ZVM) deps -install $(IMAGES)

# Process 1 of the images of another machine.
bin/zvm-%: FORCE
	@CGO_ENABLED=0 GOARCH=$* $(GO) build -trimpath -ldflags='-s -w' -o $@ ./internal/cmd/zvm

bin/%: FORCE
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o $@ $(if $(filter zvm,$*),./internal/cmd/zvm,./cmd/$*)

clean: ## remove what make has built, but not the images
	rm -rf bin

FORCE:
