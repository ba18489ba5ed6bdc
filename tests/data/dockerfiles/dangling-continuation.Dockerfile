FROM alpine
RUN a \

WORKDIR /x
RUN b
