#!/usr/bin/python3
"""A demo camera: serves an H.264 clip over RTSP in an endless loop, at its own pace, with GStreamer's RTSP server.

serve.py CLIP [--port 8554] [--path /yard] [--host 0.0.0.0]

CLIP is an MP4 file with one H.264 stream; it is read once into memory and fed with timestamps that never jump.
"""
import argparse
import os

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def access_units(clip):
    """The clip's H.264 access units as (bytes, PTS, DTS), parameter sets in band, and the clip's duration; times in ns."""
    pipeline = Gst.parse_launch(
        "filesrc name=in ! qtdemux ! h264parse config-interval=-1 "
        "! video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=out sync=false"
    )
    pipeline.get_by_name("in").set_property("location", clip)
    sink = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    units = []
    duration = 0
    while (sample := sink.emit("try-pull-sample", 10 * Gst.SECOND)) is not None:
        buffer = sample.get_buffer()
        units.append((buffer.extract_dup(0, buffer.get_size()), buffer.pts, buffer.dts))
        duration = max(duration, buffer.pts + buffer.duration)
    error = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if error is not None or not units:
        reason = error.parse_error()[0].message if error is not None else "no access units"
        raise SystemExit(f"{clip}: expected an MP4 file with an H.264 stream, found: {reason}")
    return units, duration


class LoopingFactory(GstRtspServer.RTSPMediaFactory):
    """Feeds every client's media from memory; timestamps go on rising when the clip starts again."""

    def __init__(self, clip):
        super().__init__()
        self.units, self.duration = access_units(clip)
        self.set_shared(True)
        self.set_launch(
            "( appsrc name=source is-live=true block=true format=time max-bytes=2000000 "
            "caps=video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1 )"
        )
        self.connect("media-configure", self.on_configure)

    def on_configure(self, _factory, media):
        media.get_element().get_by_name("source").connect("need-data", self.feeder())

    def feeder(self):
        position = 0

        def push(source, _length):
            nonlocal position
            loop, index = divmod(position, len(self.units))
            data, pts, dts = self.units[index]
            buffer = Gst.Buffer.new_wrapped(data)
            buffer.pts = pts + loop * self.duration
            buffer.dts = dts + loop * self.duration
            source.emit("push-buffer", buffer)
            position += 1

        return push


def main():
    parser = argparse.ArgumentParser(description="Serves a clip over RTSP in an endless loop.")
    parser.add_argument("clip")
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", default="8554")
    parser.add_argument("--path", default="/yard")
    arguments = parser.parse_args()
    if not os.path.isfile(arguments.clip):
        raise SystemExit(f"{arguments.clip}: no such file; give an MP4 clip")

    Gst.init(None)
    server = GstRtspServer.RTSPServer(address=arguments.host, service=arguments.port)
    factory = LoopingFactory(arguments.clip)
    server.get_mount_points().add_factory(arguments.path, factory)
    if server.attach(None) == 0:
        raise SystemExit(f"port {arguments.port} on {arguments.host} cannot be bound; choose another with --port")
    print(f"rtsp://{arguments.host}:{arguments.port}{arguments.path}", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
