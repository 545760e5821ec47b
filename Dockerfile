# docker compose builds two images from this file: helmwatch (the service, CPU) and camera (a demo camera).
# Every RUN line calls a script in deploy/image, which deploy/image/check.sh runs on a plain machine as well.

FROM debian:12-slim AS build
COPY deploy/image/install.sh /install.sh
RUN /install.sh build
WORKDIR /src
COPY . .
RUN deploy/image/assemble.sh /opt/helmwatch

FROM debian:12-slim AS helmwatch
COPY deploy/image/install.sh /install.sh
RUN /install.sh service && rm /install.sh
COPY --from=build /opt/helmwatch /opt/helmwatch
USER 10001:10001
WORKDIR /opt/helmwatch
ENV HELMWATCH_NATIVES=/opt/helmwatch/natives
EXPOSE 9400
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/opt/helmwatch/health.sh", "live"]
ENTRYPOINT ["/opt/helmwatch/helmwatch"]
CMD ["run", "-c", "/etc/helmwatch/helmwatch.yaml"]

FROM debian:12-slim AS camera
COPY deploy/image/install.sh /install.sh
RUN /install.sh camera && rm /install.sh
COPY deploy/camera/serve.py /opt/camera/serve.py
COPY models/demo-clip/yard.mp4 /opt/camera/yard.mp4
USER 10001:10001
EXPOSE 8554
ENTRYPOINT ["/usr/bin/python3", "/opt/camera/serve.py", "/opt/camera/yard.mp4"]
