# The operator. Any base with Python >= 3.11 and its venv module will do.
ARG BASE=docker.io/library/python:3.11-slim

FROM ${BASE} AS dependencies
USER 0
WORKDIR /build
RUN python3 -m venv --without-pip /opt/penstock && python3 -m venv /opt/tools
COPY requirements.txt ./
RUN /opt/tools/bin/pip --python /opt/penstock/bin/python install --no-cache-dir --no-deps -r requirements.txt

FROM dependencies AS package
COPY pyproject.toml README.md LICENSE ./
COPY operator operator
RUN /opt/tools/bin/pip install --no-cache-dir --no-deps --target /opt/package .

# Dependencies and the operator are layers of their own: an edit of the operator moves a small one.
FROM ${BASE}
COPY --from=dependencies /opt/penstock /opt/penstock
COPY --from=package /opt/package /opt/package
ENV PYTHONPATH=/opt/package PATH=/opt/penstock/bin:$PATH
USER 65532:65532
ENTRYPOINT ["/opt/penstock/bin/python", "-m", "penstock.shell"]
