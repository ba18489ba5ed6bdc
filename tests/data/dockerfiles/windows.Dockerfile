# escape=`
FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
SHELL ["powershell", "-Command"]
COPY a C:\dir\
RUN dir `
  C:\ `
  # a comment
  && echo ok
COPY --from=0 ["C:\\a b", "C:\\c"]
WORKDIR C:\
