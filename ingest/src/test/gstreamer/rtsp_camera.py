#!/usr/bin/python3
"""A camera made of GStreamer's RTSP server, as a second implementation beside the one in the tests.

usage: rtsp_camera.py PORT H264_FILE [USER PASSWORD]

/h264 plays the raw H.264 file in a loop at 25 frames per second; /h265 a moving test picture encoded on the spot. With USER
and PASSWORD both ask for digest authentication. Prints "ready" when it listens. Ends when its standard input ends.
"""
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


def main():
    port, clip = sys.argv[1], sys.argv[2]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    launches = {
        "/h264": (
            f"( multifilesrc location={clip} loop=true caps=video/x-h264,stream-format=byte-stream,framerate=25/1 "
            "! h264parse ! identity sync=true ! rtph264pay name=pay0 pt=96 config-interval=1 )"
        ),
        "/h265": (
            "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1,format=I420 "
            "! x265enc tune=zerolatency speed-preset=ultrafast key-int-max=25 bitrate=400 ! h265parse "
            "! rtph265pay name=pay0 pt=96 config-interval=1 )"
        ),
    }
    if len(sys.argv) > 4:
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "user")
        auth.add_digest(sys.argv[3], sys.argv[4], token)
        server.set_auth(auth)
    for path, launch in launches.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch)
        factory.set_shared(True)
        if len(sys.argv) > 4:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("user", "media.factory.access", True)
            permissions.add_permission_for_role("user", "media.factory.construct", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)
    if server.attach(None) == 0:
        sys.exit(f"cannot listen on port {port}")
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    print("ready", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
