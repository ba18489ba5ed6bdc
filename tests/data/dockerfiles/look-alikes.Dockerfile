FROM alpine
CMD ["a" "b"]
ENV PATH ="x"
ENV X y # note
ENV long a \
  b \
  c
HEALTHCHECK --interval=5s \
CMD curl -f http://localhost/
