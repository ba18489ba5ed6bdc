# syntax=docker/dockerfile:1
# check=skip=StageNameCasing
FROM alpine AS Base
FROM Base
RUN <<EOF
FROM no
RUN no
EOF
COPY <<-"A B" <<'C' /dst/
	one $x
	A B
two
C
RUN cat <<< no && echo $((1<<2))
RUN 3<<EOF cat <&3
body
EOF
ONBUILD RUN <<EOF
hi
EOF