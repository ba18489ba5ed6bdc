from alpine as b
RUN apt-get install \
    curl \
    # why git
    git \
\
  # the end \
    vim
run echo 'a\n\
# vanishes
b' && echo "x \\" 
ADD --chown=1:1 --checksum="sha256:aa bb" -- https://x/y /z
ARG a b=1 c="d e"
LABEL "k"="v" l=m\ n o='p q' \
  r=s
VOLUME ["/a", "/b"]
VOLUME /c /d
EXPOSE 80/tcp 443
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT [ "a" , "\u00e9" ]
MAINTAINER me <me@example.org>
ONBUILD ENV a b
CMD a \