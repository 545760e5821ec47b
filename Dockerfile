# docker compose builds from this file: helmwatch (the service on a CPU), helmwatch-gpu (the same with NVIDIA's libraries) and camera (a demo
# camera); each only when it is asked for.
# Every RUN line calls a script in deploy/image, which deploy/image/check.sh runs on a plain machine as well.

FROM debian:12-slim AS source
COPY deploy/image/install.sh /install.sh
RUN /install.sh build
WORKDIR /src
COPY . .

FROM source AS build
RUN deploy/image/assemble.sh /opt/helmwatch

FROM source AS build-gpu
RUN deploy/image/assemble.sh --gpu /opt/helmwatch

FROM debian:12-slim AS helmwatch
COPY deploy/image/install.sh /install.sh
RUN /install.sh service && rm /install.sh
COPY --from=build /opt/helmwatch /opt/helmwatch
USER 10001:10001
WORKDIR /opt/helmwatch
ENV HELMWATCH_NATIVES=/opt/helmwatch/natives \
    ORT_DISABLE_TELEMETRY=1
EXPOSE 9400
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/opt/helmwatch/health.sh", "live"]
ENTRYPOINT ["/opt/helmwatch/helmwatch"]
CMD ["run", "-c", "/etc/helmwatch/helmwatch.yaml"]

# The host brings the driver, through NVIDIA's container toolkit; video is for NVDEC.
FROM debian:12-slim AS helmwatch-gpu
COPY deploy/image/install.sh /install.sh
RUN /install.sh service && rm /install.sh
COPY --from=build-gpu /opt/helmwatch /opt/helmwatch
USER 10001:10001
WORKDIR /opt/helmwatch
ENV HELMWATCH_NATIVES=/opt/helmwatch/natives \
    ORT_DISABLE_TELEMETRY=1 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,video,utility
EXPOSE 9400
STOPSIGNAL SIGTERM
# The first start on a kind of GPU builds an engine, which may take minutes.
HEALTHCHECK --interval=10s --timeout=5s --start-period=600s --retries=3 CMD ["/opt/helmwatch/health.sh", "live"]
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
