# Each target sets up what it needs; nothing is done twice. A newcomer needs two: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
SYSTEM := $(VENV)/.system
PEERS := $(VENV)/.peers

.PHONY: setup demo test test-fast explore faults fuzz check bench generate pictures wallboard-pictures format lock clean
.DEFAULT_GOAL := setup

setup: $(STAMP)

$(STAMP): constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# What the tests start besides Python: Prometheus' tools, a browser and two libraries for it, Kafka on the JDK.
$(SYSTEM): $(STAMP) tests/system.sh tests/kafka/pom.xml tests/grafana/types/package-lock.json tests/page/package-lock.json
	bash tests/system.sh
	touch $@

demo: $(STAMP)
	$(BIN)/deskpulse demo $(ARGS)

# Side by side what only calculates; one after the other what has Kafka, or promises a time.
test: $(STAMP) $(SYSTEM)
	status=0; \
	$(BIN)/python -m pytest -n auto -m "not kafka and not alone" || status=1; \
	$(BIN)/python -m pytest -m "kafka or alone" || status=1; \
	exit $$status

# Examples that no run before has tried, for the tests of properties.
explore: $(STAMP) $(SYSTEM)
	DESKPULSE_EXPLORE=1 $(BIN)/python -m pytest -n auto -m "not kafka and not alone"

# Every fault on two versions of Kafka: most of an hour; the result goes to docs/faults.md.
faults: $(STAMP) $(SYSTEM)
	$(BIN)/python -m tests.faults

# The decoder under a fuzzer that watches what of it runs; what it finds is kept in tests/topics/corpus.
fuzz: $(STAMP)
	$(BIN)/python -m tests.topics.fuzz -max_total_time=$(or $(SECONDS),60)

test-fast: $(STAMP)
	DESKPULSE_QUICK=1 $(BIN)/python -m pytest -n auto -m "not kafka and not slow" --no-header -q

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Side by side with what one would take instead: an environment of their own, and Kafka Streams by Maven.
$(PEERS): bench/requirements.txt bench/kstreams/pom.xml bench/kstreams/src/main/java/bench/Job.java
	$(PYTHON) -m venv $(VENV)/peers
	$(VENV)/peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/requirements.txt
	mvn --quiet --batch-mode -f bench/kstreams/pom.xml package
	touch $@

bench: $(STAMP) $(SYSTEM) $(PEERS)
	$(BIN)/python -m bench.core
	$(BIN)/python -m bench.catalogue
	$(BIN)/python -m bench.run
	$(BIN)/python -m bench.live
	$(BIN)/python -m bench.soak
	$(BIN)/python -m bench.page

# What is made from the code and committed; a test says when it is not up to date.
generate: $(STAMP)
	$(BIN)/python -m topics.schema
	$(BIN)/python -m stream.documents
	$(BIN)/python -m grafana.generate
	$(BIN)/python -m deploy.rules

# The boards as Grafana shows them, of a simulated floor: docs/grafana-*.png. Needs npm; takes as long as they go back.
pictures: $(STAMP) $(SYSTEM)
	$(BIN)/python -m grafana.pictures $(ARGS)

# The wallboard, each view in each state, with the floors of its tests: docs/pictures.
wallboard-pictures: $(STAMP) $(SYSTEM)
	$(BIN)/python -m tests.page.pictures

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --universal --quiet --upgrade -o constraints.txt
	$(BIN)/uv pip compile pyproject.toml deploy/image/build.in --constraint constraints.txt --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --python-version 3.11 --universal --quiet -o deploy/image/requirements.txt

clean:
	rm -rf $(VENV) build *.egg-info
