# Judges a server: docker run --rm --network host aws-conformance certify http://localhost:5000
# Reports: add -v "$PWD:/work" and --report report.
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/aws-conformance \
 && /opt/aws-conformance/bin/python -m pip install --no-cache-dir .

FROM python:3.13-slim
COPY --from=build /opt/aws-conformance /opt/aws-conformance
RUN useradd --create-home conformance \
 && mkdir /work \
 && chown conformance /work
USER conformance
WORKDIR /work
ENTRYPOINT ["/opt/aws-conformance/bin/aws-conformance"]
CMD ["certify"]
