FROM debian:bookworm-slim
RUN apt-get install {{ packages }}
CMD ["server"]
