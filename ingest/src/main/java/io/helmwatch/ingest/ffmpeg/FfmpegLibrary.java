package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;

/** The FFmpeg library of this build. Threading: any thread. */
public final class FfmpegLibrary {
    private FfmpegLibrary() {}

    /**
     * The library's version.
     *
     * @throws LinkageError when the natives cannot be loaded
     */
    public static String version() {
        Ffmpeg.load();
        return Ffmpeg.string(avutil.av_version_info(), "unknown");
    }

    /**
     * The licence that the library was built under, {@code LGPL version 3 or later} unless a GPL build is on the class path.
     *
     * @throws LinkageError when the natives cannot be loaded
     */
    public static String license() {
        Ffmpeg.load();
        return Ffmpeg.string(avcodec.avcodec_license(), "unknown");
    }
}
