"""The job object with which Windows limits the memory of a process, where other systems need nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _EXTENDED_LIMIT_INFORMATION = 9
    _PROCESS_MEMORY, _DIE_UNHANDLED, _KILL_ON_CLOSE = 0x100, 0x400, 0x2000
    _SET_QUOTA_AND_TERMINATE = 0x0100 | 0x0001

    class _BasicLimitInformation(ctypes.Structure):
        """JOBOBJECT_BASIC_LIMIT_INFORMATION of winnt.h."""

        _fields_ = (
            ("process_time", ctypes.c_longlong),
            ("job_time", ctypes.c_longlong),
            ("flags", wintypes.DWORD),
            ("min_working_set", ctypes.c_size_t),
            ("max_working_set", ctypes.c_size_t),
            ("processes", wintypes.DWORD),
            ("affinity", ctypes.c_size_t),
            ("priority", wintypes.DWORD),
            ("scheduling", wintypes.DWORD),
        )

    class _ExtendedLimitInformation(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION of winnt.h."""

        _fields_ = (
            ("basic", _BasicLimitInformation),
            ("io_counters", ctypes.c_ulonglong * 6),
            ("process_memory", ctypes.c_size_t),
            ("job_memory", ctypes.c_size_t),
            ("peak_process_memory", ctypes.c_size_t),
            ("peak_job_memory", ctypes.c_size_t),
        )

    def confine(pid: int, memory: int) -> Callable[[], object]:
        """Put a process into a job of its own, which limits it to ``memory`` bytes.

        Return what ends the job, and the process with it. Where the system refuses, the process runs without a limit. The
        sizes that a file declares are checked in any case.
        """
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = kernel.OpenProcess.restype = wintypes.HANDLE
        kernel.CreateJobObjectW.argtypes = [ctypes.c_void_p, wintypes.LPCWSTR]
        kernel.OpenProcess.argtypes = [wintypes.DWORD, wintypes.BOOL, wintypes.DWORD]
        kernel.SetInformationJobObject.argtypes = [wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD]
        kernel.AssignProcessToJobObject.argtypes = [wintypes.HANDLE, wintypes.HANDLE]
        kernel.CloseHandle.argtypes = [wintypes.HANDLE]
        job = kernel.CreateJobObjectW(None, None)
        if not job:
            return lambda: None
        limits = _ExtendedLimitInformation(process_memory=memory)
        limits.basic.flags = _PROCESS_MEMORY | _DIE_UNHANDLED | _KILL_ON_CLOSE
        kernel.SetInformationJobObject(job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits))
        handle = kernel.OpenProcess(_SET_QUOTA_AND_TERMINATE, False, pid)
        if handle:
            kernel.AssignProcessToJobObject(job, handle)
            kernel.CloseHandle(handle)
        return lambda: kernel.CloseHandle(job)

else:

    def confine(pid: int, memory: int) -> Callable[[], object]:  # noqa: ARG001 - what Windows needs
        """Do nothing, and return what does nothing: other systems limit a process in other ways."""
        return lambda: None
