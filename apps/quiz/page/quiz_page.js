// The bare page of a study, /quiz/<study>.

import { quiz } from "./quiz.js";

const [, base, study] = /^(.*\/quiz)\/([^/]+)\/?$/.exec(location.pathname);
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.body.classList.toggle("dark", dark.matches);
dark.addEventListener("change", follow);
follow();
quiz(document.getElementById("quiz"), { base, study: decodeURIComponent(study) });
