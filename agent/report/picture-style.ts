/** How the pictures of a report look; kinds differ in shape and line too, for print without colour. */
export const pictureStyle = `
.er text{font-family:"Noto Sans KR","Noto Sans CJK KR","Apple SD Gothic Neo","Malgun Gothic","NanumGothic",sans-serif;font-size:13px;fill:#14181b}
.er .name{font-weight:bold}.er .tick{font-size:12px;fill:#434b52}.er .end{text-anchor:end}.er .mid{text-anchor:middle}
.er .ground{fill:#f6f7f8;stroke:#8b939a}.er .grid{stroke:#d3d6d9;fill:none}
.er .limit{stroke:#6f7a84;stroke-dasharray:5 3;fill:none}.er .centre{stroke:#6f7a84;fill:none}
.er .values{stroke:#0b4fa0;stroke-width:1.5;fill:none}.er .expected{stroke:#a83a00;stroke-width:1.5;stroke-dasharray:7 4;fill:none}
.er .signal{fill:#fff;stroke:#b3101c;stroke-width:1.8}
.er .change{stroke:#14181b;stroke-width:1.5;stroke-dasharray:2 3;fill:none}
.er .interval{stroke:#14181b;stroke-width:2;fill:none}.er .point{fill:#0b4fa0}
`;
