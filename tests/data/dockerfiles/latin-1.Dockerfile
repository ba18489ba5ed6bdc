# café
FROM alpine
LABEL a="café" ÿ=b
RUN echo é \
# è
  && true
